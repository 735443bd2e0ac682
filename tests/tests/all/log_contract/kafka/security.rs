//! Encrypted connections, and passwords.

use std::path::{Path, PathBuf};
use std::process::Command;

use threadline_eventlog::kafka::{KafkaConfig, KafkaLog, Security, create_topics};
use threadline_eventlog::{EventLog, Start, Topic};
use threadline_tests::cluster::{OwnBroker, shared_brokers};
use tokio::task::block_in_place;
use uuid::Uuid;

use super::super::{append_all, numbers_of, tail_of, take};
use super::config;

/// A key and a certificate for 127.0.0.1, made for one test.
struct Keys(PathBuf);

impl Keys {
    fn make() -> Self {
        let directory = std::env::temp_dir().join(format!("threadline-keys-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&directory).expect("the temporary directory can be written");
        let keys = Self(directory);
        keytool(&[
            "-genkeypair",
            "-alias",
            "broker",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "2",
            "-dname",
            "CN=127.0.0.1",
            "-ext",
            "SAN=ip:127.0.0.1",
            "-storetype",
            "PKCS12",
            "-storepass",
            "changeit",
            "-keystore",
            &text(&keys.store()),
        ]);
        keytool(&[
            "-exportcert",
            "-rfc",
            "-alias",
            "broker",
            "-storepass",
            "changeit",
            "-keystore",
            &text(&keys.store()),
            "-file",
            &text(&keys.certificate()),
        ]);
        keys
    }

    fn store(&self) -> PathBuf {
        self.0.join("broker.p12")
    }

    fn certificate(&self) -> PathBuf {
        self.0.join("broker.pem")
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn keytool(arguments: &[&str]) {
    let done = Command::new("keytool").args(arguments).output().expect("the JDK's keytool is there");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

/// A listener that wants TLS and a password, at the further port.
fn listener(port: u16, further: u16, keys: &Keys) -> String {
    let controller = port + 1;
    let store = text(&keys.store());
    format!(
        "listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{further}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{further}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL\n\
         listener.name.secure.ssl.keystore.type=PKCS12\n\
         listener.name.secure.ssl.keystore.location={store}\n\
         listener.name.secure.ssl.keystore.password=changeit\n\
         listener.name.secure.sasl.enabled.mechanisms=PLAIN\n\
         listener.name.secure.plain.sasl.jaas.config=\
         org.apache.kafka.common.security.plain.PlainLoginModule required user_ann=\"right\";\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_gets_in_and_others_are_told_why_not() {
    if shared_brokers().is_none() {
        return;
    }
    let keys = Keys::make();
    let broker = block_in_place(|| OwnBroker::start_with(1, |port, further| listener(port, further[0], &keys)));
    let secure = format!("127.0.0.1:{}", broker.port(0));
    let security = Security {
        protocol: Some("sasl_ssl".into()),
        sasl_mechanism: Some("PLAIN".into()),
        username: Some("ann".into()),
        password: Some("right".into()),
        ssl_ca: Some(keys.certificate()),
        ..Security::default()
    };
    let config = KafkaConfig { security, ..config(&secure) };
    create_topics(&config, 2, 1).await.expect("topics can be made");
    let log = KafkaLog::connect(config.clone()).await.expect("ann may");
    append_all(&log, Topic::Messages, 0, 0..10).await;
    let seen = take(&mut tail_of(&log, Topic::Messages, 0, Start::At(0)), 10).await;
    assert_eq!(numbers_of(&seen), (0..10).collect::<Vec<_>>());
    log.health().await.expect("it answers");

    let good = &config.security;
    let wrong = [
        ("uthentication failed", Security { password: Some("wrong".into()), ..good.clone() }),
        ("certificate", Security { ssl_ca: None, ..good.clone() }),
        ("isconnected", Security { protocol: Some("plaintext".into()), ..good.clone() }),
    ];
    for (reason, security) in wrong {
        let tried = KafkaLog::connect(KafkaConfig { security, ..config.clone() }).await;
        let Err(refused) = tried else { panic!("let in although: {reason}") };
        assert!(refused.to_string().contains(reason), "{reason}: {refused}");
        assert!(!refused.to_string().contains("wrong"), "no secrets: {refused}");
    }
}
