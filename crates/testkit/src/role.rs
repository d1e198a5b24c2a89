//! A role of one test, with few rights, which is dropped with the test.

use crate::schema::Schema;

/// A password for servers that ask for one.
const PASSWORD: &str = "of-a-test";

/// A role that can log in. Dropping this value drops the role and the objects it owns. Drop it before its schema.
#[derive(Debug)]
pub struct Role<'a> {
    schema: &'a Schema,
    name: String,
    url: String,
}

impl Schema {
    /// Creates a role with these options of `CREATE ROLE`.
    pub fn role(&self, kind: &str, options: &str) -> Role<'_> {
        let name = format!("{kind}_{}", self.name());
        self.execute(&format!(
            "DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {options}"
        ));
        Role { schema: self, url: as_role(&self.url(), &format!("{name}:{PASSWORD}")), name }
    }
}

impl Role<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the schema for this role.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.schema.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name));
        }
    }
}

/// The same address for another role: `name`, or `name:password`.
///
/// # Panics
///
/// It is no `postgres://` address.
#[expect(clippy::expect_used, reason = "tests cannot go on without it")]
pub fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("an address with ://");
    let hosts = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let before = hosts.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{role}@{}", &rest[before..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_of_an_address_is_replaced_whatever_it_has() {
        for before in ["", "kaquan@", "me:p%40ss@", "postgres:secret@"] {
            let url = format!("postgres://{before}127.0.0.1:5432/db?options=-c%20a%3Db@c");
            assert_eq!(as_role(&url, "other"), "postgres://other@127.0.0.1:5432/db?options=-c%20a%3Db@c");
        }
        assert_eq!(as_role("postgres://a@host", "b:c"), "postgres://b:c@host");
    }
}
