//! The description of all routes, made from the routes themselves.

use std::fmt::Write as _;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use threadline_wire::ErrorCode;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{self, Content, OpenApi, Ref, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ProblemBody;

/// Everything but the routes.
pub(crate) fn head() -> OpenApi {
    let mut info = openapi::Info::new("Threadline", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Conversations over a log. A slash at the end of a path is optional. Every write answers with `position`; \
         a read with `?at_least=<position>` shows it. Errors are RFC 9457 problems."
            .into(),
    );
    let mut components = openapi::Components::new();
    let problem = ProblemBody::name().into_owned();
    let mut schemas = vec![(problem, ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let mut head = OpenApi::new(info, openapi::Paths::new());
    head.components = Some(components);
    head
}

/// `/openapi.json`, and `/docs` for people.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(mut document: OpenApi) -> Router<S> {
    complete(&mut document);
    let page = Bytes::from(page(&document));
    let json = Bytes::from(document.to_json().unwrap_or_default());
    const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    Router::new().route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], json))).route(
        "/docs",
        get(async move || {
            let headers =
                [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
            (headers, page)
        }),
    )
}

/// What all operations share: errors are problems, and the API wants a token.
fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (_, operation) in operations_mut(item) {
            let content = Content::new(Some(Ref::from_schema_name(ProblemBody::name().into_owned())));
            let problem =
                ResponseBuilder::new().description("An error").content("application/problem+json", content).build();
            operation.responses.responses.insert("default".into(), problem.into());
            if path.starts_with("/api/chat/") {
                operation.security = Some(vec![SecurityRequirement::new("bearer", [] as [&str; 0])]);
            }
        }
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = item;
    let all = [("GET", get), ("POST", post), ("PUT", put), ("DELETE", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// A plain page: every operation with what it does, and every error code. Loads nothing.
fn page(document: &OpenApi) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Threadline API</title>\
         <style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{font-size:15px}\
         td{padding:.2rem 1rem .2rem 0;vertical-align:top}</style><h1>Threadline API</h1>\
         <p>The whole description, for programs: <a href=/openapi.json>/openapi.json</a> has the calls, \
         <a href=/asyncapi.json>/asyncapi.json</a> the frames of the socket at <code>/ws</code>.</p><table>",
    );
    let mut paths = document.paths.paths.clone();
    for (path, item) in &mut paths {
        for (method, operation) in operations_mut(item) {
            let summary = operation.summary.as_deref().unwrap_or_default();
            let _ = write!(page, "<tr><td>{method}<td><code>{}</code><td>{}", escape(path), escape(summary));
        }
    }
    page.push_str("</table><h2>Error codes</h2><table>");
    for code in ErrorCode::ALL {
        let _ = write!(page, "<tr><td><code>{}</code><td>{}", code.name(), escape(code.title()));
    }
    page.push_str("</table></html>");
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> OpenApi {
        let mut document = head();
        document.merge(crate::http::api().into_openapi());
        complete(&mut document);
        document
    }

    #[test]
    fn every_operation_is_described_and_wants_a_token() {
        let mut document = document();
        assert!(document.paths.paths.len() >= 11);
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations_mut(item) {
                assert!(operation.summary.is_some(), "{method} {path} has no summary");
                assert!(operation.security.is_some(), "{method} {path} wants no token");
                assert!(operation.responses.responses.contains_key("default"), "{method} {path} has no errors");
            }
        }
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let json = document().to_json().unwrap();
        for reference in json.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(json.contains(&format!("\"{name}\":{{")), "{name} is missing");
        }
    }

    #[test]
    fn the_page_names_every_operation() {
        let page = page(&document());
        assert!(
            page.contains("<code>/api/chat/threads/{thread}/mark-read</code>") && page.contains("projections_behind")
        );
    }
}
