//! What is left of a request's body when its answer is there already.
//!
//! A connection can carry another request only after this one was read to its end. What is small is read and dropped;
//! otherwise the answer says that the connection closes. Unsaid, a client would send its next request into the void.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};

/// Read and dropped of one request, at most.
const LEFTOVER_BYTES_MAX: usize = 1024 * 1024;
/// How long that may take.
const LEFTOVER_WAIT: Duration = Duration::from_secs(1);

/// Answers, and leaves the connection either ready for another request or said to be closed.
pub(super) async fn read_or_close(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    // Who waits for a go-ahead has sent nothing yet, and reading would ask for it.
    let is_coming = !parts.headers.contains_key(header::EXPECT);
    let body = Arc::new(Mutex::new(body));
    let lent = Body::new(Lent(Arc::clone(&body)));
    let mut response = next.run(Request::from_parts(parts, lent)).await;
    let given_back = Arc::into_inner(body).and_then(|body| body.into_inner().ok());
    let is_read = match given_back {
        Some(body) if body.is_end_stream() => true,
        Some(body) if is_coming => is_read_to_its_end(body).await,
        _ => false,
    };
    if !is_read {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn is_read_to_its_end(body: Body) -> bool {
    if body.size_hint().lower() > LEFTOVER_BYTES_MAX as u64 {
        return false;
    }
    let read = async {
        let mut chunks = body.into_data_stream();
        let mut left = LEFTOVER_BYTES_MAX;
        while let Some(chunk) = chunks.next().await {
            match chunk.ok().and_then(|chunk| left.checked_sub(chunk.len())) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    };
    tokio::time::timeout(LEFTOVER_WAIT, read).await.unwrap_or(false)
}

/// A body that can be taken back.
struct Lent(Arc<Mutex<Body>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.0.lock() {
            Ok(mut body) => Pin::new(&mut *body).poll_frame(cx),
            Err(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_ok_and(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().map(|body| body.size_hint()).unwrap_or_default()
    }
}
