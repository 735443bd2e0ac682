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
    let variables = [("THREADLINE_EDGE_LISTEN", "127.0.0.1:2"), ("KAFKA_BROKERS", "broker:9092")];
    let config = read(&[("edge.listen", "127.0.0.1:1")], &variables, file).expect("a configuration");
    assert_eq!(config.edge.listen.port(), 1);
    assert_eq!(config.edge.rate.burst, 7);
    assert_eq!(config.edge.origins, ["https://a.example", "https://b.example"]);
    assert!(matches!(&config.log, Log::Kafka(kafka) if kafka.brokers == "broker:9092"));
    let origin = |key| config.entries.iter().find(|entry| entry.setting.key == key).map(|entry| entry.origin.clone());
    assert_eq!(origin("edge.listen"), Some(Origin::Flag));
    assert_eq!(origin("kafka.brokers"), Some(Origin::Variable("KAFKA_BROKERS".into())));
    assert_eq!(origin("edge.rate_burst"), Some(Origin::File { path: "threadline.toml".into(), line: 3 }));
    assert_eq!(origin("edge.grace_ms"), Some(Origin::Default));
}

#[test]
fn nothing_said_means_postgres_and_no_secret() {
    let config = read(&[], &[], "").expect("a configuration");
    assert!(matches!(&config.log, Log::Postgres(options) if options.partitions == 8));
    assert!(config.require_auth().is_err());
    assert_eq!(config.development_tokens, None);
    assert_eq!(config.health.to_string(), "127.0.0.1:0", "on this machine, where there is room");
}

#[test]
fn a_wrong_value_is_named_with_its_place_and_what_would_be_right() {
    assert_eq!(
        refusal(&[], &[("THREADLINE_EDGE_LISTEN", "here")], ""),
        "edge.listen must be an address such as 127.0.0.1:8080, not \"here\" (from THREADLINE_EDGE_LISTEN)"
    );
    assert_eq!(
        refusal(&[], &[("THREADLINE_EDGE_DEVELOPMENT_TOKENS", "yes")], ""),
        "edge.development_tokens must be true or false, not \"yes\" (from THREADLINE_EDGE_DEVELOPMENT_TOKENS)"
    );
    assert_eq!(
        refusal(&[], &[], "seal = 'on'\n\n[edge]\n# tokens\nrate_burst = -1\n"),
        "edge.rate_burst must be a whole number from 1 to 1000000, not -1 (from threadline.toml, line 5)"
    );
    assert_eq!(
        refusal(&[], &[], "[telemetry]\nformat = 'xml'\n"),
        "telemetry.format must be auto, json or text, not \"xml\" (from threadline.toml, line 2)"
    );
    let level = refusal(&[("telemetry.level", "loud=very")], &[], "");
    assert!(level.starts_with("telemetry.level must be directives such as info,threadline_edge=debug"), "{level}");
    for origin in ["https://app.example/", "app.example", "https://App.example", "https://app.example:443", "*", "null"]
    {
        let wrong = refusal(&[], &[("THREADLINE_EDGE_ORIGINS", &format!("http://localhost:3000,{origin}"))], "");
        let expected = "edge.origins must be a list, each item an origin such as https://app.example.org";
        assert_eq!(wrong, format!("{expected}, not {origin:?} (from THREADLINE_EDGE_ORIGINS)"));
    }
    for prefix in ["a\u{7}b".to_owned(), "x".repeat(1_000)] {
        let wrong = refusal(&[("threads.reserved_key_prefixes", &format!("project_,{prefix}"))], &[], "");
        let expected =
            "threads.reserved_key_prefixes must be a list, each item the beginning of a thread's key, on one line";
        assert_eq!(wrong, format!("{expected}, not {prefix:?} (from flag)"));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_line() {
    assert!(refusal(&[], &[], "[edge]\nlisten = \n").starts_with("threadline.toml, line 2: "));
    assert_eq!(
        refusal(&[], &[], "[edge]\norigins = [{}]\n"),
        "threadline.toml, line 2: edge.origins must be a number, a text, true, false, or an array of texts"
    );
    let secret = refusal(&[], &[], "[auth]\njwt_secret = '0123456789abcdef0123456789abcdef\n");
    assert!(!secret.contains("0123"), "{secret}");
}

/// Every number and every time has bounds: what lies just outside them is refused, what lies on them is taken.
#[test]
fn every_bound_holds() {
    let defaults = read(&[], &[], "").expect("the defaults").entries;
    let mut bounded = 0;
    for setting in defaults.iter().map(|entry| &entry.setting) {
        let Some(bounds) = setting.expected.strip_prefix("a whole number from ") else { continue };
        let (min, max) = bounds.split_once(" to ").expect("two bounds");
        bounded += 1;
        for wrong in [format!("{max}0"), "-1".into(), "1.5".into(), "many".into()] {
            let refused = refusal(&[(setting.key, &wrong)], &[], "");
            let expected = format!("{} must be {}, not ", setting.key, setting.expected);
            assert!(refused.starts_with(&expected) && refused.ends_with(" (from flag)"), "{refused}");
        }
        let default = setting.default.as_deref().unwrap_or(min);
        assert!(read(&[(setting.key, default)], &[], "").is_ok(), "{} takes its default", setting.key);
    }
    assert!(bounded > 100, "{bounded} settings have bounds");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let secret = ("THREADLINE_JWT_SECRET", "0123456789abcdef0123456789abcdef");
    let url = ("THREADLINE_JWKS_URL", "https://ann:s3cret@id.example/keys?key=s3cret");
    let (issuer, audience) = (("THREADLINE_JWT_ISSUER", "https://id.example"), ("THREADLINE_JWT_AUDIENCE", "chat"));
    assert_eq!(refusal(&[], &[url], ""), "auth.issuer must be set when auth.jwks_url is, not unset (from default)");
    assert_eq!(
        refusal(&[], &[url, issuer], ""),
        "auth.audience must be set when auth.jwks_url is, not unset (from default)"
    );
    assert!(read(&[], &[url, issuer, audience], "").is_ok());
    assert_eq!(
        refusal(&[], &[url, issuer, audience, secret], ""),
        "auth.jwks_url must be unset when auth.jwt_secret is set, not https://ann:(hidden)@id.example/keys?(hidden) \
         (from THREADLINE_JWKS_URL)"
    );
    for (key, value, expected) in [
        ("edge.answers_per_user_bytes_max", "5000", "must be at least edge.page_bytes_max (1048576), not 5000"),
        (
            "edge.answers_bytes_max",
            "1048576",
            "must be at least edge.answers_per_user_bytes_max (8388608), not 1048576",
        ),
        ("edge.signals.edge_silent_ms", "4000", "must be more than edge.signals.alive_ms (5000), not 4000"),
        ("roster.expiry_ms", "3000", "must be more than roster.interval_ms (3000), not 3000"),
        ("auth.roles_claim", " ", "must be the name of a claim, such as roles, not "),
        ("kafka.topic_prefix", "chat/", "must be letters, digits, dots, underscores and dashes, not chat/"),
    ] {
        assert_eq!(refusal(&[(key, value)], &[], ""), format!("{key} {expected} (from flag)"));
    }
}

#[test]
fn every_setting_is_shown_with_its_value_and_has_a_variable_of_its_own() {
    let config = read(&[("edge.page_bytes_max", "65536")], &[], "").expect("a configuration");
    let shown =
        |key| config.entries.iter().find(|entry| entry.setting.key == key).and_then(|entry| entry.value.as_deref());
    assert_eq!(shown("edge.page_bytes_max"), Some("65536"));
    assert_eq!(shown("edge.listen_backlog"), Some("4096"));
    assert_eq!(shown("auth.roles_claim"), Some("roles"));
    assert_eq!(shown("projector.rest_ms_max"), Some("30"));
    assert_eq!(config.edge.http.page_bytes_max, 65_536);
    let fixed =
        ["DATABASE_URL", "KAFKA_BROKERS", "THREADLINE_JWT_SECRET", "THREADLINE_JWKS_URL", "THREADLINE_JWT_ISSUER"];
    let mut variables = std::collections::BTreeSet::new();
    for setting in config.entries.iter().map(|entry| &entry.setting) {
        assert!(variables.insert(&setting.variable), "two settings share {}", setting.variable);
        let derived = format!("THREADLINE_{}", setting.key.replace('.', "_").to_uppercase());
        let is_fixed = fixed.contains(&setting.variable.as_str()) || setting.variable == "THREADLINE_JWT_AUDIENCE";
        assert!(is_fixed || setting.variable == derived, "{} is set by {}", setting.key, setting.variable);
        assert!(setting.help.ends_with('.') && setting.help.len() > 10, "{} says what it means", setting.key);
    }
}

#[test]
fn what_is_no_setting_is_refused_with_what_may_have_been_meant() {
    assert_eq!(
        refusal(&[], &[], "[edge]\nlisten_on = 1\n"),
        "edge.listen_on is not a setting (from threadline.toml, line 2); did you mean edge.listen? `threadline config` lists all \
         settings"
    );
    assert_eq!(
        refusal(&[("colour", "red")], &[], ""),
        "colour is not a setting (from flag); `threadline config` lists all settings"
    );
    for (variable, meant) in [
        ("THREADLINE_LISTN", "THREADLINE_EDGE_LISTEN, for edge.listen"),
        ("THREADLINE_ORIGINS", "THREADLINE_EDGE_ORIGINS, for edge.origins"),
        ("THREADLINE_MASTER_KEY", "THREADLINE_SEALING_MASTER_KEY, for sealing.master_key"),
    ] {
        let hint = format!("did you mean {meant}? `threadline config` lists all settings");
        let expected = format!("{variable} is not a setting (from the environment); {hint}");
        assert_eq!(refusal(&[], &[(variable, "s3cret"), ("HOME", "/")], ""), expected);
    }
    let others =
        [("THREADLINE_EDGE_PORT", "tcp://10.0.0.1:8080"), ("THREADLINE_SERVICE_HOST", "10.0.0.1"), ("PATH", "/")];
    assert!(read(&[], &others, "").is_ok(), "what Kubernetes sets for a service of our name is not for us");
    assert!(read(&[], &[("THREADLINE_EDGE_LISTN", "")], "").is_ok(), "an empty variable is unset");
}

#[test]
fn secrets_are_not_shown_right_or_wrong() {
    let secret = "0123456789abcdef0123456789abcdef";
    let url = format!("postgres://ann:{secret}@db/chat");
    let variables = [
        ("THREADLINE_JWT_SECRET", secret),
        ("THREADLINE_KAFKA_PASSWORD", secret),
        ("THREADLINE_KAFKA_PROPERTIES", "sasl.oauthbearer.client.secret=0123456789abcdef0123456789abcdef"),
        ("DATABASE_URL", &url),
    ];
    let config = read(&[], &variables, "").expect("a configuration");
    assert!(!format!("{config:?}").contains(secret));
    for (variable, wrong, expected) in [
        (
            "THREADLINE_JWT_SECRET",
            "s3cret",
            "auth.jwt_secret must be at least 32 bytes, not a text of 6 bytes (from THREADLINE_JWT_SECRET)",
        ),
        (
            "THREADLINE_SEALING_MASTER_KEY",
            "s3cret",
            "sealing.master_key must be 32 bytes in base64, not a text of 6 bytes (from THREADLINE_SEALING_MASTER_KEY)",
        ),
        (
            "THREADLINE_KAFKA_PROPERTIES",
            "s3cret",
            "kafka.properties must be name=value, comma separated, not a text of 6 bytes (from THREADLINE_KAFKA_PROPERTIES)",
        ),
        (
            "DATABASE_URL",
            "mysql://ann:s3cret@db/chat?sslmode=wrong",
            "database.url must be a URL such as postgres://user:password@host:5432/name, not mysql://ann:(hidden)@db/chat?sslmode=wrong \
             (from DATABASE_URL)",
        ),
        (
            "THREADLINE_JWKS_URL",
            "ftp://ann:s3cret@id.example/keys",
            "auth.jwks_url must be an https URL (or http on this machine), not ftp://ann:(hidden)@id.example/keys (from \
             THREADLINE_JWKS_URL)",
        ),
    ] {
        assert_eq!(refusal(&[], &[(variable, wrong)], ""), expected);
    }
}

/// A file that says every default changes nothing.
#[test]
fn the_sample_says_the_defaults() {
    let sample = threadline::config::sample().expect("a sample");
    let told = read(&[], &[], &sample).expect("the sample is a configuration");
    let defaults = read(&[], &[], "").expect("the defaults");
    for (told, default) in told.entries.iter().zip(&defaults.entries) {
        assert_eq!((told.setting.key, &told.value), (default.setting.key, &default.value));
        assert_eq!(matches!(told.origin, Origin::File { .. }), default.value.is_some(), "{}", told.setting.key);
    }
}
