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

/// Tables that every machine has a copy of.
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

/// To be run once on the coordinator, after the tables were created and before they have rows.
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
