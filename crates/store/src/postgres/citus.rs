//! The statements that spread the tables over the machines of Citus, all rows of an app on one: every key and every
//! statement names the app. What is of no app is small and lies on every machine.

/// Tables whose rows are of an app.
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

/// Tables every machine has a copy of.
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

/// The statements, to be run once on the coordinator after the tables were made and before there is anything in them.
pub fn statements() -> String {
    let mut text = String::from("CREATE EXTENSION IF NOT EXISTS citus;\n");
    for table in OF_ALL {
        text.push_str(&format!("SELECT create_reference_table('{table}');\n"));
    }
    for (n, table) in OF_AN_APP.iter().enumerate() {
        let with = if n == 0 { String::new() } else { format!(", colocate_with => '{}'", OF_AN_APP[0]) };
        text.push_str(&format!("SELECT create_distributed_table('{table}', 'app_id'{with});\n"));
    }
    text
}
