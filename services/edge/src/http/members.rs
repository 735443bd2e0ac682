//! Members: added, removed, leaving, given another role.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use threadline_domain::Actor;
use threadline_domain::thread::Action;
use threadline_wire::json;

use super::body::JsonBody;
use super::caller::Caller;
use super::params::Params;
use super::path::{MemberPath, ThreadPath};
use super::present;
use crate::error::Problem;
use crate::state::Edge;

/// Adds a member.
#[utoipa::path(
    post, path = "/api/chat/threads/{thread}/members", tag = "members",
    request_body = json::AddMemberBody,
    params(("thread" = Uuid, Path)),
    responses(
        (status = 200, description = "The user was a member already", body = json::Written),
        (status = 201, description = "The user is a new member", body = json::Written),
    ),
)]
pub(super) async fn add_member(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    ThreadPath(thread): ThreadPath,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let (user, role) = json::add_member(&body)?;
    let result = caller.execute(&edge, thread, Action::AddMember { user, role }).await?;
    let status = if result.event.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(present::written(&result))).into_response())
}

/// Changes a member's role.
#[utoipa::path(
    put, path = "/api/chat/threads/{thread}/members/{user}", tag = "members",
    request_body = json::ChangeRoleBody,
    params(("thread" = Uuid, Path), ("user" = String, Path)),
    responses((status = 200, body = json::Written)),
)]
pub(super) async fn change_role(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    MemberPath(thread, user): MemberPath,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let role = json::change_role(&body)?;
    let result = caller.execute(&edge, thread, Action::ChangeRole { user, role }).await?;
    Ok(Json(present::written(&result)).into_response())
}

/// Removes a member.
#[utoipa::path(
    delete, path = "/api/chat/threads/{thread}/members/{user}", tag = "members",
    params(("thread" = Uuid, Path), ("user" = String, Path)),
    responses((status = 200, body = json::Written)),
)]
pub(super) async fn remove_member(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    MemberPath(thread, user): MemberPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let result = caller.execute(&edge, thread, Action::RemoveMember { user }).await?;
    Ok(Json(present::written(&result)).into_response())
}

/// Leaves a thread.
#[utoipa::path(
    delete, path = "/api/chat/threads/{thread}/members", tag = "members",
    params(("thread" = Uuid, Path)),
    responses((status = 200, body = json::Written)),
)]
pub(super) async fn leave_thread(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let user = caller.user().clone();
    let result = caller.execute(&edge, thread, Action::RemoveMember { user }).await?;
    Ok(Json(present::written(&result)).into_response())
}
