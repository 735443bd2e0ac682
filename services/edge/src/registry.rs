//! The read-only part of the Schema Registry API: a stock Confluent deserializer reads our topics with no further server.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use threadline_wire::avro::{self, SCHEMAS, Schema};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::UnknownSchema;

/// What stands before the topics' names in subjects.
type Prefix = Arc<str>;

/// The routes with their description.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(topic_prefix: String) -> OpenApiRouter<S> {
    OpenApiRouter::new()
        .routes(routes!(schema_by_id))
        .routes(routes!(list_subjects))
        .routes(routes!(list_versions))
        .routes(routes!(get_version))
        .with_state(Prefix::from(topic_prefix))
}

/// A schema, as JSON in a text.
#[derive(Serialize, ToSchema)]
struct SchemaText {
    schema: &'static str,
}

/// The schema with this id.
#[utoipa::path(
    get, path = "/schemas/ids/{id}", tag = "schemas",
    params(("id" = String, Path, description = "A number")),
    responses((status = 200, body = SchemaText)),
)]
async fn schema_by_id(Path(id): Path<String>) -> Result<Json<SchemaText>, UnknownSchema> {
    let schema = id.parse().ok().and_then(avro::by_id).ok_or(UnknownSchema::Id)?;
    Ok(Json(SchemaText { schema: schema.text }))
}

/// Every subject: a topic and a record in it.
#[utoipa::path(get, path = "/subjects", tag = "schemas", responses((status = 200, body = BTreeSet<String>)))]
async fn list_subjects(State(prefix): State<Prefix>) -> Json<BTreeSet<String>> {
    Json(SCHEMAS.iter().map(|schema| schema.subject(&prefix)).collect())
}

/// The versions of a subject.
#[utoipa::path(
    get, path = "/subjects/{subject}/versions", tag = "schemas",
    params(("subject" = String, Path)),
    responses((status = 200, body = Vec<u32>)),
)]
async fn list_versions(
    State(prefix): State<Prefix>,
    Path(subject): Path<String>,
) -> Result<Json<Vec<u32>>, UnknownSchema> {
    Ok(Json(versions(&prefix, &subject)?.iter().map(|schema| schema.version).collect()))
}

/// A version of a subject.
#[derive(Serialize, ToSchema)]
struct SubjectVersion {
    subject: String,
    version: u32,
    id: u32,
    schema: &'static str,
}

/// One version of a subject.
#[utoipa::path(
    get, path = "/subjects/{subject}/versions/{version}", tag = "schemas",
    params(("subject" = String, Path), ("version" = String, Path, description = "A number, or `latest`")),
    responses((status = 200, body = SubjectVersion)),
)]
async fn get_version(
    State(prefix): State<Prefix>,
    Path((subject, version)): Path<(String, String)>,
) -> Result<Json<SubjectVersion>, UnknownSchema> {
    let versions = versions(&prefix, &subject)?;
    let found = match version.as_str() {
        "latest" | "-1" => versions.last(),
        number => {
            let number: Option<u32> = number.parse().ok();
            versions.iter().find(|schema| Some(schema.version) == number)
        }
    };
    let schema = found.ok_or(UnknownSchema::Version)?;
    Ok(Json(SubjectVersion { subject, version: schema.version, id: schema.id, schema: schema.text }))
}

/// A subject's schemas, oldest first.
fn versions(prefix: &str, subject: &str) -> Result<Vec<&'static Schema>, UnknownSchema> {
    let found: Vec<_> = SCHEMAS.iter().filter(|schema| schema.subject(prefix) == subject).collect();
    if found.is_empty() { Err(UnknownSchema::Subject) } else { Ok(found) }
}
