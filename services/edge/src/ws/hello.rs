//! The first frame.

use std::sync::Arc;

use futures_util::StreamExt;
use threadline_wire::CloseCode;
use threadline_wire::frame::{ClientFrame, FrameError, Request};
use tokio_tungstenite::tungstenite::Message;

use super::message::Messages;
use super::{Parameters, answer, closing};
use crate::session::SessionHandle;
use crate::state::Edge;

/// Who comes in, and where the client left off.
pub(super) struct Hello {
    pub(super) id: Option<Arc<str>>,
    pub(super) token: String,
    pub(super) cursor: Option<String>,
}

impl Hello {
    /// From the address, if it says who it is.
    pub(super) fn of(parameters: Parameters) -> Option<Self> {
        let Parameters { token, cursor } = parameters;
        Some(Self { id: None, token: token?, cursor })
    }

    /// From the first frame. Fails with the code to close with, or `None` when the client has gone.
    pub(super) async fn read(
        edge: &Edge,
        session: &SessionHandle,
        messages: &mut Messages,
    ) -> Result<Self, Option<CloseCode>> {
        let wait = edge.config.sessions.hello;
        let first = async {
            loop {
                match messages.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return Err(None),
                    Some(Ok(Message::Binary(_))) => return Err(Some(CloseCode::BadFrame)),
                    Some(Err(error)) => return Err(closing::code_of(&error)),
                }
            }
        };
        let text = tokio::select! {
            first = tokio::time::timeout(wait, first) => first.map_err(|_| Some(CloseCode::NoHello))??,
            () = edge.hub.draining().cancelled() => return Err(Some(CloseCode::Drain)),
        };
        match ClientFrame::parse(&text) {
            Ok(ClientFrame { id, request: Request::Hello { token, cursor } }) => Ok(Self { id, token, cursor }),
            Ok(_) => Err(Some(CloseCode::NoHello)),
            Err(FrameError::BadRequest(error)) => {
                // It says which field is wrong; there is nothing to go on with.
                session.queue().open(vec![answer::error(error.id.clone(), error)]);
                session.flush();
                Err(Some(CloseCode::NoHello))
            }
            Err(FrameError::BadFrame(_)) => Err(Some(CloseCode::BadFrame)),
        }
    }
}
