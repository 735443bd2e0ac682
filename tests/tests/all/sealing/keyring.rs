//! The keyring: seals, opens, and forgets what was destroyed.

use std::sync::Arc;
use std::time::Duration;

use threadline_domain::thread::{Action, Command, EditMessage, Event, PostMessage};
use threadline_domain::thread::{Change, MessageKind, MessagePosted};
use threadline_domain::{Actor, MessageId, Metadata, Text, ThreadId, Timestamp};
use threadline_sealing::{Config, Error, Keyring, LocalMasterKey};
use threadline_tests::database::Database;
use threadline_tests::wait;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);
const MESSAGE: MessageId = MessageId(Uuid::from_u128(5));

struct World {
    database: Database,
    master: String,
}

impl World {
    async fn new() -> Self {
        let world = Self { database: Database::fresh().await, master: LocalMasterKey::generate().to_string() };
        Keyring::migrate(&world.database.options()).await.unwrap();
        world
    }

    fn keyring_with(&self, master: &str, config: &Config) -> Keyring {
        let master = Arc::new(LocalMasterKey::from_base64(master).unwrap());
        Keyring::sealing(&self.database.options(), "log", master, config)
    }

    fn keyring(&self) -> Keyring {
        self.keyring_with(&self.master, &Config::default())
    }
}

fn ann() -> Actor {
    "ann".parse().unwrap()
}

fn post(actor: &Actor, content: &str, metadata: &str) -> Command {
    let post = PostMessage {
        message: MESSAGE,
        kind: MessageKind::Text,
        content: content.into(),
        metadata: Metadata::from_canonical_json(metadata),
        reply_to: None,
    };
    Command { thread: ThreadId::of_key("k"), actor: actor.clone(), at: Timestamp(1), action: Action::Post(post) }
}

/// The event that a decider makes of it: it passes texts on.
fn posted(command: &Command) -> Event {
    let Action::Post(post) = &command.action else { panic!("a post") };
    let change = Change::MessagePosted(MessagePosted {
        message: post.message,
        number: 1,
        kind: post.kind,
        content: post.content.clone(),
        metadata: post.metadata.clone(),
        reply_to: None,
    });
    Event { thread: command.thread, seq: 1, actor: command.actor.clone(), at: command.at, change }
}

async fn sealed_event(keyring: &Keyring, actor: &Actor, content: &str) -> Event {
    let mut command = post(actor, content, r#"{"a":1}"#);
    keyring.seal(std::slice::from_mut(&mut command)).await.unwrap();
    posted(&command)
}

/// The content and metadata as they are shown; `None` for what is erased.
fn shown(event: &Event) -> (Option<&str>, Option<&str>) {
    let Change::MessagePosted(posted) = &event.change else { panic!("a posted message") };
    (posted.content.as_open(), posted.metadata.as_json())
}

async fn opened(keyring: &Keyring, event: &Event) -> Event {
    let mut events = [event.clone()];
    keyring.open(&mut events).await.unwrap();
    let [event] = events;
    event
}

#[tokio::test]
async fn what_one_process_seals_another_opens() {
    let world = World::new().await;
    let event = sealed_event(&world.keyring(), &ann(), "a secret").await;
    assert_eq!(shown(&event), (None, None));
    assert!(!format!("{event:?}").contains("secret"));
    let other = world.keyring();
    assert!(!other.try_open(&mut [event.clone()]), "its key has to be fetched first");
    assert_eq!(shown(&opened(&other, &event).await), (Some("a secret"), Some(r#"{"a":1}"#)));
    assert!(other.try_open(&mut [event]));
}

#[tokio::test]
async fn empty_metadata_stays_open_and_a_retry_has_the_same_digest() {
    let world = World::new().await;
    let keyring = world.keyring();
    let (mut one, mut two) = (post(&ann(), "x", "{}"), post(&ann(), "x", "{}"));
    keyring.seal(std::slice::from_mut(&mut one)).await.unwrap();
    world.keyring().seal(std::slice::from_mut(&mut two)).await.unwrap();
    assert_eq!(one, two, "equal by their digests, whichever process sealed them");
    let Action::Post(post) = one.action else { panic!("a post") };
    assert_eq!(post.metadata.as_json(), Some("{}"));
}

#[tokio::test]
async fn keys_beyond_the_bound_are_fetched_again() {
    let world = World::new().await;
    let config = Config { keys_max: 2.try_into().unwrap(), ..Config::default() };
    let keyring = world.keyring_with(&world.master, &config);
    let mut events = vec![];
    for n in 0..10 {
        events.push(sealed_event(&keyring, &format!("user{n}").parse().unwrap(), &n.to_string()).await);
    }
    for (n, event) in events.iter().enumerate() {
        assert_eq!(shown(&opened(&keyring, event).await).0, Some(n.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_destroyed_key_erases_everywhere_and_the_next_one_does_not_open_the_past() {
    let world = World::new().await;
    let (here, there) = (world.keyring(), world.keyring());
    let (event, of_ben) = (sealed_event(&here, &ann(), "a secret").await, "ben".parse().unwrap());
    let kept = sealed_event(&here, &of_ben, "kept").await;
    assert_eq!(shown(&opened(&there, &event).await).0, Some("a secret"));
    let mut told = there.destroyed();
    told.mark_unchanged();

    assert_eq!(here.destroy(&ann()).await.unwrap(), 1);
    assert_eq!(shown(&opened(&here, &event).await), (None, None));
    wait::until("another process lets go of the key", PATIENCE, async || {
        shown(&opened(&there, &event).await) == (None, None)
    })
    .await;
    assert!(told.has_changed().unwrap(), "whoever keeps opened texts is told");
    assert_eq!(shown(&opened(&there, &kept).await).0, Some("kept"));

    let later = sealed_event(&there, &ann(), "later").await;
    assert_eq!(shown(&opened(&here, &later).await).0, Some("later"));
    assert_eq!(shown(&opened(&here, &event).await), (None, None));
}

#[tokio::test]
async fn a_key_destroyed_by_hand_is_heard_of() {
    let world = World::new().await;
    let keyring = world.keyring();
    let event = sealed_event(&keyring, &ann(), "a secret").await;
    let pool = sqlx::PgPool::connect(world.database.url()).await.unwrap();
    let count: i64 = sqlx::query_scalar("select threadline_keys.destroy('ann')").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 1);
    wait::until("the key is let go of", PATIENCE, async || shown(&opened(&keyring, &event).await) == (None, None))
        .await;
    pool.close().await;
}

#[tokio::test]
async fn prepared_authors_are_sealed_without_postgres() {
    let world = World::new().await;
    let keyring = world.keyring();
    let authors: Vec<Actor> = ["ann", "ben", "eve"].map(|name| name.parse().unwrap()).into();
    keyring.prepare(authors.clone()).await.unwrap();
    world.database.set_outage(true).await;
    for author in &authors {
        sealed_event(&keyring, author, "a secret").await;
    }
}

#[tokio::test]
async fn known_keys_go_on_working_without_postgres_and_unknown_ones_are_unavailable() {
    let world = World::new().await;
    let keyring = world.keyring();
    let event = sealed_event(&keyring, &ann(), "a secret").await;
    world.database.set_outage(true).await;
    assert_eq!(shown(&opened(&keyring, &event).await).0, Some("a secret"));
    sealed_event(&keyring, &ann(), "another").await;
    let mut stranger = post(&"ben".parse().unwrap(), "x", "{}");
    let refused = keyring.seal(std::slice::from_mut(&mut stranger)).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    world.database.set_outage(false).await;
    wait::until("new authors can write again", PATIENCE, async || {
        keyring.seal(std::slice::from_mut(&mut stranger)).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn another_master_key_and_the_other_mode_are_refused() {
    let world = World::new().await;
    world.keyring().bind().await.unwrap();
    let wrong = world.keyring_with(&LocalMasterKey::generate(), &Config::default());
    assert!(matches!(wrong.bind().await, Err(Error::WrongMasterKey)));
    assert!(matches!(wrong.seal(&mut [post(&ann(), "x", "{}")]).await, Err(Error::WrongMasterKey)));

    let (database, config) = (world.database.options(), Config::default());
    let refused = Keyring::off(&database, "log", &config).bind().await.unwrap_err().to_string();
    assert_eq!(refused, "this log was made with seal = on, this process runs with seal = off: set seal = on");
    Keyring::off(&database, "open log", &config).bind().await.unwrap();
    for (log, seals, is_right) in [
        ("log", true, true),
        ("log", false, false),
        ("open log", false, true),
        ("open log", true, false),
        ("new", true, true),
    ] {
        let checked = Keyring::check_mode(&database, log, seals, &config).await;
        assert_eq!(checked.is_ok(), is_right, "{log} {seals}: {checked:?}");
    }
    let master = Arc::new(LocalMasterKey::from_base64(&world.master).unwrap());
    let refused = Keyring::sealing(&database, "open log", master, &config).bind().await;
    assert!(matches!(refused, Err(Error::OtherMode { log: "off", process: "on" })));
}

#[tokio::test]
async fn a_keyring_that_is_off_leaves_texts_as_they_are() {
    let world = World::new().await;
    let keyring = Keyring::off(&world.database.options(), "open log", &Config::default());
    let mut command = post(&ann(), "x", "{}");
    keyring.seal(std::slice::from_mut(&mut command)).await.unwrap();
    assert_eq!(command, post(&ann(), "x", "{}"));
    assert!(!keyring.seals());
}

#[tokio::test]
async fn a_ciphertext_in_another_place_is_shown_as_erased() {
    let world = World::new().await;
    let keyring = world.keyring();
    let event = sealed_event(&keyring, &ann(), "a secret").await;
    let moved = Event { thread: ThreadId::of_key("other"), ..event.clone() };
    assert_eq!(shown(&opened(&keyring, &moved).await), (None, None));
    let claimed = Event { actor: "ben".parse().unwrap(), ..event };
    assert_eq!(shown(&opened(&keyring, &claimed).await), (None, None));
}

#[tokio::test]
async fn two_processes_that_first_seal_for_an_author_at_once_use_one_key() {
    let world = World::new().await;
    for n in 0..10 {
        let author: Actor = format!("user{n}").parse().unwrap();
        let (one, two) = (world.keyring(), world.keyring());
        let (first, second) = tokio::join!(sealed_event(&one, &author, "x"), sealed_event(&two, &author, "x"));
        assert_eq!(first, second, "equal digests: one key");
        assert_eq!(shown(&opened(&one, &second).await).0, Some("x"));
    }
}

#[tokio::test]
async fn edits_are_sealed_in_the_place_of_their_message() {
    let world = World::new().await;
    let keyring = world.keyring();
    let edit = EditMessage { message: MESSAGE, content: Text::from("new"), metadata: None };
    let mut command = Command { action: Action::Edit(edit), ..post(&ann(), "", "{}") };
    keyring.seal(std::slice::from_mut(&mut command)).await.unwrap();
    let Action::Edit(edit) = &command.action else { panic!("an edit") };
    let change = Change::MessageEdited { message: MESSAGE, number: 1, content: edit.content.clone(), metadata: None };
    let mut events = [Event { change, ..posted(&post(&ann(), "", "{}")) }];
    keyring.open(&mut events).await.unwrap();
    let [Event { change: Change::MessageEdited { content, .. }, .. }] = &events else { panic!("an edit") };
    assert_eq!(content.as_open(), Some("new"));
}
