//! HTTP: the routes of the contract, each a thin way to commands or projections.

mod answers;
mod body;
mod caller;
mod development;
mod leftover;
mod members;
mod messages;
mod page;
mod params;
mod path;
mod present;
mod reads;
mod request;
mod threads;
mod timeline;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use threadline_wire::ErrorCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::health::{self, Health};
use crate::page::{self as web_page, Page};
use crate::state::Edge;
use crate::{asyncapi, openapi, registry, ws};

pub(crate) use development::Development;

/// Every route of the contract, with its description.
pub(crate) fn api() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(threads::list_threads, threads::create_thread))
        .routes(routes!(threads::find_dm))
        .routes(routes!(threads::get_thread, threads::change_thread, threads::archive_thread))
        .routes(routes!(members::add_member, members::leave_thread))
        .routes(routes!(members::change_role, members::remove_member))
        .routes(routes!(messages::list_messages, messages::send_message))
        .routes(routes!(messages::get_message, messages::edit_message, messages::delete_message))
        .routes(routes!(reads::mark_read))
        .routes(routes!(reads::list_receipts))
        .routes(routes!(reads::count_unread))
        .routes(routes!(timeline::list_events))
        .routes(routes!(users::get_user))
}

/// All that an edge serves. Paths have no slash at their end: see [`without_trailing_slash`].
/// Development tokens are given only with `development`; what no route knows is looked for in the page.
pub(crate) fn router(edge: Arc<Edge>, health: Health, development: Option<Development>, page: Page) -> Router {
    let described = OpenApiRouter::with_openapi(openapi::head())
        .merge(api())
        .merge(development::routes(development))
        .merge(registry::routes(edge.config.topic_prefix.clone()))
        .merge(health::routes(health));
    let (router, document) = described.split_for_parts();
    // Documents and the page are bytes that all answers share; they need no room of their own.
    router
        .layer(from_fn_with_state(Arc::clone(&edge), answers::within_bounds))
        .merge(openapi::routes(document))
        .merge(asyncapi::routes())
        .route("/ws", get(ws::upgrade))
        .fallback_service(any(web_page::serve).with_state(page))
        .method_not_allowed_fallback(async || {
            Problem::new(ErrorCode::MethodNotAllowed, "this path has other methods; see Allow")
        })
        .layer(DefaultBodyLimit::max(edge.config.http.body_bytes_max))
        .layer(from_fn_with_state(Arc::clone(&edge), request::observe))
        .layer(from_fn(leftover::read_or_close))
        .with_state(edge)
}

/// Takes one slash off the end of the path: it is optional everywhere.
pub(crate) fn without_trailing_slash(uri: &mut Uri) {
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else { return };
    let rest = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = std::mem::take(uri).into_parts();
    // A part of a valid path is a valid path.
    parts.path_and_query = PathAndQuery::try_from(rest).ok();
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_path_makes_no_difference() {
        for (given, expected) in [
            ("/", "/"),
            ("/api/chat/threads/", "/api/chat/threads"),
            ("/api/chat/threads", "/api/chat/threads"),
            ("/api/chat/threads/?limit=1&cursor=a/", "/api/chat/threads?limit=1&cursor=a/"),
            ("/a//", "/a/"),
            ("http://host/a/?b", "http://host/a?b"),
        ] {
            let mut uri: Uri = given.parse().unwrap();
            without_trailing_slash(&mut uri);
            assert_eq!(uri.to_string(), expected, "{given}");
        }
    }
}
