//! What people do, from outside: the same journeys on every log and layout, against the real binary.

mod chat;
mod deletion;
mod group;
mod idempotency;
mod leaving;
mod outage;
mod removal;
mod stranger;
mod wrong;

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn all_journeys_in_one_process_on_postgres() {
    run_all("journeys-postgres-dev", Layout::Dev, Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_journeys_in_separate_roles_on_postgres() {
    run_all("journeys-postgres-roles", Layout::Roles, Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_journeys_in_separate_roles_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    run_all("journeys-kafka-roles", Layout::Roles, Backend::kafka(&brokers).await).await;
}

/// The journeys at work, side by side in one system; everyone has people and threads of their own.
struct Journeys {
    cluster: Arc<Cluster>,
    running: JoinSet<&'static str>,
}

impl Journeys {
    fn set_out<J>(&mut self, name: &'static str, journey: impl FnOnce(Arc<Cluster>) -> J)
    where
        J: Future<Output = ()> + Send + 'static,
    {
        let journey = journey(Arc::clone(&self.cluster));
        self.running.spawn(async move {
            let start = Instant::now();
            let outcome = tokio::spawn(journey).await;
            println!("{name}: {:.1} s{}", start.elapsed().as_secs_f32(), if outcome.is_ok() { "" } else { " FAILED" });
            if outcome.is_ok() { "" } else { name }
        });
    }
}

async fn run_all(test: &str, layout: Layout, backend: Backend) {
    let cluster = Arc::new(Cluster::start(test, layout, backend).await);
    let mut journeys = Journeys { cluster, running: JoinSet::new() };
    journeys.set_out("two people chat", chat::two_people_chat);
    journeys.set_out("a cut client resumes on the other edge", chat::a_cut_client_resumes_on_the_other_edge);
    journeys.set_out("history is paged by number", chat::history_is_paged_by_number);
    journeys.set_out("read marks, receipts and unread agree", chat::read_marks_receipts_and_unread_agree);
    journeys.set_out("a group lives", group::a_group_lives);
    journeys.set_out("a key names one thread", group::a_key_names_one_thread);
    journeys.set_out("removal ends every path", removal::removal_ends_every_path);
    journeys.set_out("deleted text is gone", deletion::deleted_and_replaced_text_is_on_no_path);
    journeys.set_out("one id is one message", idempotency::one_id_sent_a_hundred_times_is_one_message);
    journeys.set_out("another body is a conflict", idempotency::another_body_is_a_conflict);
    journeys.set_out("wrong requests name the field", wrong::wrong_requests_name_the_field);
    journeys.set_out("wrong frames name the field", wrong::wrong_frames_name_the_field);
    journeys.set_out("protocol errors close", wrong::protocol_errors_close_with_their_code);
    journeys.set_out("a client nobody here wrote", stranger::a_client_nobody_here_wrote);
    let outcomes = journeys.running.join_all().await;
    let failed: Vec<&str> = outcomes.into_iter().filter(|name| !name.is_empty()).collect();
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}
