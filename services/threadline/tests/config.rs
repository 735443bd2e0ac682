//! What stops the start, and what wins.

use std::path::Path;

use threadline::config::{Config, Error, Log, Origin};

fn read(flags: &[(&str, &str)], environment: &[(&str, &str)], file: &str) -> Result<Config, Error> {
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Config::read(own(flags), own(environment), Some((Path::new("threadline.toml"), file)))
}

fn refusal(flags: &[(&str, &str)], environment: &[(&str, &str)], file: &str) -> String {
    read(flags, environment, file).expect_err("refused").to_string()
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let file = "[edge]\nlisten = '127.0.0.1:3'\nrate_burst = 7\norigins = ['https://a.example', 'https://b.example']\n";
    let variables = [("THREADLINE_LISTEN", "127.0.0.1:2"), ("KAFKA_BROKERS", "broker:9092")];
    let config = read(&[("edge.listen", "127.0.0.1:1")], &variables, file).expect("a configuration");
    assert_eq!(config.edge.listen.port(), 1);
    assert_eq!(config.edge.rate.burst, 7);
    assert_eq!(config.edge.origins, ["https://a.example", "https://b.example"]);
    assert!(matches!(&config.log, Log::Kafka(kafka) if kafka.brokers == "broker:9092"));
    let origin = |key| config.entries.iter().find(|entry| entry.key == key).map(|entry| entry.origin.clone());
    assert_eq!(origin("edge.listen"), Some(Origin::Flag));
    assert_eq!(origin("kafka.brokers"), Some(Origin::Variable("KAFKA_BROKERS")));
    assert_eq!(origin("edge.rate_burst"), Some(Origin::File("threadline.toml".into())));
    assert_eq!(origin("edge.grace_ms"), Some(Origin::Default));
}

#[test]
fn nothing_said_means_postgres_and_no_secret() {
    let config = read(&[], &[], "").expect("a configuration");
    assert!(matches!(config.log, Log::Postgres { partitions: 8 }));
    assert!(config.require_auth().is_err());
    assert_eq!(config.development_tokens, None);
    assert_eq!(config.health.to_string(), "127.0.0.1:0", "on this machine, where there is room");
}

#[test]
fn a_wrong_value_is_named_with_its_place_and_the_reason() {
    assert_eq!(
        refusal(&[], &[("THREADLINE_LISTEN", "here")], ""),
        "edge.listen must be an address such as 127.0.0.1:8080, not \"here\" (from THREADLINE_LISTEN)"
    );
    assert_eq!(
        refusal(&[], &[("THREADLINE_DEVELOPMENT_TOKENS", "yes")], ""),
        "edge.development_tokens must be true or false, not \"yes\" (from THREADLINE_DEVELOPMENT_TOKENS)"
    );
    assert_eq!(
        refusal(&[], &[], "[edge]\nrate_burst = -1\n"),
        "edge.rate_burst must be a whole number, not \"-1\" (from threadline.toml)"
    );
    assert_eq!(refusal(&[("log.partitions", "0")], &[], ""), "log.partitions must be 1 to 1024, not 0");
    assert_eq!(
        refusal(&[], &[("THREADLINE_EDGE_CONNECTIONS_MAX", "0")], ""),
        "edge.connections_max must be 1 to 1000000, not 0"
    );
    assert_eq!(
        refusal(&[], &[("THREADLINE_KAFKA_DELIVERY_TIMEOUT_MS", "120000")], ""),
        "kafka.delivery_timeout_ms must be 100 to 60000, not 120000"
    );
    for origin in ["https://app.example/", "app.example", "https://App.example", "https://app.example:443", "*", "null"]
    {
        let wrong = refusal(&[], &[("THREADLINE_ORIGINS", &format!("http://localhost:3000,{origin}"))], "");
        assert_eq!(wrong, format!("edge.origins: {origin:?} is not an origin such as https://app.example.org"));
    }
    assert!(refusal(&[], &[], "[edge\n").starts_with("threadline.toml, line 1:"));
    assert!(refusal(&[], &[], "[edge]\nlisten = [{}]\n").contains("edge.listen is not a value"));
    assert!(refusal(&[], &[("THREADLINE_JWT_SECRET", "short")], "").contains("at least 32 bytes"));
    assert!(refusal(&[], &[("THREADLINE_JWKS_URL", "https://id.example/keys")], "").contains("auth.issuer"));
}

/// Every bound of serving, with a value that it does not take and the line that says so.
#[test]
fn a_bound_that_cannot_be_is_refused_in_one_line() {
    for (key, wrong, expected) in [
        ("edge.connections_per_address_max", "0", "must be 1 to 1000000, not 0"),
        ("edge.listen_backlog", "0", "must be 1 to 65535, not 0"),
        ("edge.header_read_ms", "99", "must be 100 to 3600000, not 99"),
        ("edge.write_progress_ms", "0", "must be 100 to 3600000, not 0"),
        ("edge.write_progress_bytes_min", "0", "must be 1 to 1073741824, not 0"),
        ("edge.send_buffer_bytes", "1", "must be 4096 to 1073741824, not 1"),
        ("edge.body_bytes_max", "1", "must be 4096 to 1099511627776, not 1"),
        ("edge.page_bytes_max", "0", "must be 4096 to 1073741824, not 0"),
        // Room for less than a page would let nobody read.
        ("edge.answers_per_user_bytes_max", "5000", "must be 1048576 to 1099511627776, not 5000"),
        ("edge.answers_bytes_max", "1048576", "must be 8388608 to 1099511627776, not 1048576"),
        ("edge.answers_wait_ms", "soon", "must be a whole number, not \"soon\" (from flag)"),
        ("edge.at_least_wait_ms", "3600001", "must be 0 to 3600000, not 3600001"),
        ("edge.service_rate_per_second", "0", "must be 1 to 1000000, not 0"),
        ("edge.service_rate_burst", "0", "must be 1 to 1000000, not 0"),
        ("edge.rate_users_max", "0", "must be 1 to 100000000, not 0"),
        ("edge.names_users_max", "0", "must be 1 to 100000000, not 0"),
        ("edge.names_per_second", "0", "must be 1 to 1000000, not 0"),
        ("edge.names_burst", "0", "must be 1 to 1000000, not 0"),
        ("database.edge_connections_max", "0", "must be 1 to 10000, not 0"),
        ("database.decider_connections_max", "0", "must be 1 to 10000, not 0"),
        ("database.projector_connections_max", "10001", "must be 1 to 10000, not 10001"),
        ("auth.jwks_refetch_burst", "0", "must be 1 to 1000, not 0"),
        ("auth.leeway_s", "3601", "must be 0 to 3600, not 3601"),
    ] {
        assert_eq!(refusal(&[(key, wrong)], &[], ""), format!("{key} {expected}"));
    }
    for prefix in ["a\u{7}b".to_owned(), "x".repeat(1_000)] {
        let wrong = refusal(&[("threads.reserved_key_prefixes", &format!("project_,{prefix}"))], &[], "");
        assert_eq!(wrong, format!("threads.reserved_key_prefixes: no key of a thread begins with {prefix:?}"));
    }
    assert_eq!(refusal(&[("auth.roles_claim", " ")], &[], ""), "auth.roles_claim must name a claim, such as roles");
}

#[test]
fn every_setting_is_shown_with_its_value() {
    let config = read(&[("edge.page_bytes_max", "65536")], &[], "").expect("a configuration");
    let shown = |key| config.entries.iter().find(|entry| entry.key == key).map(|entry| entry.shown.as_str());
    assert_eq!(shown("edge.page_bytes_max"), Some("65536"));
    assert_eq!(shown("edge.listen_backlog"), Some("4096"));
    assert_eq!(shown("auth.roles_claim"), Some("roles"));
    assert_eq!(config.edge.http.page_bytes_max, 65_536);
    let mut variables: Vec<_> = config.entries.iter().map(|entry| entry.variable).collect();
    variables.sort_unstable();
    let count = variables.len();
    variables.dedup();
    assert_eq!(variables.len(), count, "two settings share a variable");
}

#[test]
fn an_unknown_key_is_refused_and_an_unknown_variable_named() {
    assert!(refusal(&[], &[], "[edge]\nlisten_on = 1\n").starts_with("edge.listen_on is not a setting"));
    assert!(refusal(&[("edge.colour", "red")], &[], "").starts_with("edge.colour is not a setting"));
    let config = read(&[], &[("THREADLINE_LISTN", "x"), ("HOME", "/")], "").expect("a configuration");
    assert_eq!(config.unknown_variables, ["THREADLINE_LISTN"]);
}

#[test]
fn secrets_are_not_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let url = format!("postgres://ann:{secret}@db/chat");
    let variables = [
        ("THREADLINE_JWT_SECRET", secret),
        ("THREADLINE_KAFKA_PASSWORD", secret),
        ("THREADLINE_KAFKA_PROPERTIES", "sasl.oauthbearer.client.secret=0123456789abcdef0123456789abcdef"),
        ("DATABASE_URL", &url),
    ];
    let config = read(&[], &variables, "").expect("a configuration");
    assert!(!format!("{:?}", config.entries).contains(secret));
    assert!(!format!("{:?}", config.database).contains(secret));
}
