//! Listens for keys that other processes destroy.

use std::sync::Weak;
use std::time::Duration;

use threadline_domain::Actor;

use crate::keys::Sealing;
use crate::store::Store;

/// The pause before a retry.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Forgets keys as they are destroyed elsewhere, until the keyring is gone. After a lost connection it forgets all
/// keys: it may have missed notices.
pub(crate) async fn run(store: Store, sealing: Weak<Sealing>) {
    loop {
        if let Ok(mut listener) = store.listen().await {
            let Some(known) = sealing.upgrade() else { return };
            known.cache.clear();
            known.destroyed.send_modify(|count| *count += 1);
            drop(known);
            // `None`: the connection was lost, and is made again when it is asked again.
            while let Ok(Some(notice)) = listener.try_recv().await {
                let Some(known) = sealing.upgrade() else { return };
                match notice.payload().parse::<Actor>() {
                    Ok(subject) => known.forget(&subject),
                    Err(_) => known.cache.clear(),
                }
            }
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}
