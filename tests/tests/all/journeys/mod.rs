//! What people do, from outside: the same journeys on every log and layout, against the real binary. Each is a test of its
//! own, such as `journeys::dev_on_postgres::two_people_chat`; those of one layout share a running system, in which everyone
//! has people and threads of their own.

mod chat;
mod deletion;
mod group;
mod idempotency;
mod leaving;
mod outage;
mod removal;
mod stranger;
mod wrong;

use threadline_tests::cluster::{Backend, Cluster, ClusterHandle, Layout, SharedCluster, shared_brokers};

/// One test for each journey, in a module for each layout.
macro_rules! journeys {
    ($($file:ident::$journey:ident,)*) => {
        journeys!(in dev_on_postgres: $($file::$journey,)*);
        journeys!(in roles_on_postgres: $($file::$journey,)*);
        journeys!(in roles_on_kafka: $($file::$journey,)*);
    };
    (in $layout:ident: $($file:ident::$journey:ident,)*) => {
        mod $layout {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $journey() {
                    let Some(cluster) = super::$layout().await else { return };
                    super::$file::$journey(&cluster).await;
                }
            )*
        }
    };
}

journeys! {
    chat::two_people_chat,
    chat::a_cut_client_resumes_on_the_other_edge,
    chat::history_is_paged_by_number,
    chat::read_marks_receipts_and_unread_agree,
    group::a_group_lives,
    group::a_key_names_one_thread,
    removal::removal_ends_every_path,
    deletion::deleted_and_replaced_text_is_on_no_path,
    idempotency::one_id_sent_a_hundred_times_is_one_message,
    idempotency::another_body_is_a_conflict,
    wrong::wrong_requests_name_the_field,
    wrong::wrong_frames_name_the_field,
    wrong::protocol_errors_close_with_their_code,
    stranger::a_client_nobody_here_wrote,
}

async fn dev_on_postgres() -> Option<ClusterHandle> {
    static CLUSTER: SharedCluster = SharedCluster::new();
    let start = async || Cluster::start("journeys-postgres-dev", Layout::Dev, Backend::postgres().await).await;
    Some(CLUSTER.get(start).await)
}

async fn roles_on_postgres() -> Option<ClusterHandle> {
    static CLUSTER: SharedCluster = SharedCluster::new();
    let start = async || Cluster::start("journeys-postgres-roles", Layout::Roles, Backend::postgres().await).await;
    Some(CLUSTER.get(start).await)
}

/// `None` where there is no broker.
async fn roles_on_kafka() -> Option<ClusterHandle> {
    static CLUSTER: SharedCluster = SharedCluster::new();
    let brokers = shared_brokers()?;
    let start = async || Cluster::start("journeys-kafka-roles", Layout::Roles, Backend::kafka(&brokers).await).await;
    Some(CLUSTER.get(start).await)
}
