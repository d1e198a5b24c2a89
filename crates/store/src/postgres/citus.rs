//! The statements that distribute the tables over the machines of Citus. All rows of an app are on one machine, because
//! every key and every statement names the app. Tables without an app are small and copied to every machine.

/// Tables whose rows belong to an app.
const OF_AN_APP: &[&str] = &[
    "counters",
    "lanes",
    "tokens",
    "cards",
    "stocks",
    "codes",
    "custom_codes",
    "pools",
    "members",
    "records",
    "media",
    "temporary_media",
    "events",
    "event_days",
    "closed_days",
    "reports",
    "member_holders",
    "member_counters",
    "member_steps",
    "member_firsts",
    "sweeps",
    "callbacks",
    "push_marks",
    "deliveries",
    "attempts",
];

/// Tables that are copied to every machine.
const OF_ALL: &[&str] = &[
    "apps",
    "accounts",
    "grants",
    "sessions",
    "login_links",
    "failed_logins",
    "known_browsers",
    "detached_months",
    "schema_version",
];

/// The statements to run on the coordinator while kaquan's nodes are stopped. Rows of existing tables move to their
/// machines. A table that is already distributed is not changed, so the statements can be repeated after an upgrade.
pub fn statements() -> String {
    let mut text = String::from("CREATE EXTENSION IF NOT EXISTS citus;\n");
    for table in OF_ALL {
        distribute(&mut text, table, &format!("create_reference_table('{table}')"));
    }
    for (n, table) in OF_AN_APP.iter().enumerate() {
        let with = if n == 0 { String::new() } else { format!(", colocate_with => '{}'", OF_AN_APP[0]) };
        distribute(&mut text, table, &format!("create_distributed_table('{table}', 'app_id'{with})"));
    }
    text
}

fn distribute(text: &mut String, table: &str, call: &str) {
    text.push_str(&format!(
        "SELECT {call} WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = '{table}'::regclass);\n\
         SELECT truncate_local_data_after_distributing_table('{table}');\n"
    ));
}
