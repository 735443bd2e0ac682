//! Users: whether an id belongs to somebody.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use threadline_domain::{Actor, Text, Topic};
use threadline_wire::json;

use super::caller::Caller;
use super::params::Params;
use super::path::UserPath;
use crate::error::Problem;
use crate::sealing;
use crate::state::Edge;

/// Nobody who signs in waits until that is in the log: before an id is unknown, it is looked up again for a second.
const LOOKS_AGAIN_MAX: u32 = 4;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A user by id, with the display name. Anyone may be written to before signing in for the first time: this says whether an
/// id belongs to somebody, before a typing error becomes a conversation with nobody.
#[utoipa::path(
    get, path = "/api/chat/users/{user}", tag = "users",
    params(("user" = String, Path)),
    responses(
        (status = 200, body = json::User),
        (status = 404, description = "Nobody of this id has signed in yet (`unknown_user`)"),
    ),
)]
pub(super) async fn get_user(
    State(edge): State<Arc<Edge>>,
    _caller: Caller<Actor>,
    UserPath(user): UserPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let mut found = edge.conversations.user(&user).await?;
    for _ in 0..LOOKS_AGAIN_MAX {
        if found.is_some() {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        edge.wait_for_end(Topic::Users).await?;
        found = edge.conversations.user(&user).await?;
    }
    let mut found = found.ok_or_else(Problem::unknown_user)?;
    sealing::open_user(&edge.keyring, &mut found).await?;
    let name = found.name.as_ref().and_then(Text::as_open);
    Ok(Json(json::User { user: found.user.as_str(), name }).into_response())
}
