//! `Sec-WebSocket-Protocol`: how a browser, which can set no other header, sends its token outside the address.

use axum::http::{HeaderMap, header};

/// The protocol that this edge speaks.
pub(super) const OURS: &str = "threadline";
/// What stands before a token among the offered protocols.
const BEARER: &str = "bearer.";

/// What a client offers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// Whether our protocol is among them. A client that offers protocols and is given none may give up.
    pub(super) is_ours: bool,
    /// The token that was offered as `bearer.<token>`.
    pub(super) token: Option<String>,
}

impl Offered {
    /// Reads all offered protocols; foreign ones are passed over. Fails with what would be right.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, &'static str> {
        let mut offered = Self::default();
        for value in headers.get_all(header::SEC_WEBSOCKET_PROTOCOL) {
            let value = value.to_str().map_err(|_| "must be protocol names with commas between them")?;
            for protocol in value.split(',').map(str::trim) {
                if let Some(token) = protocol.strip_prefix(BEARER)
                    && offered.token.replace(token.to_owned()).is_some()
                {
                    return Err("must have one token: threadline, bearer.<token>");
                }
                offered.is_ours |= protocol == OURS;
            }
        }
        if offered.token.is_some() && !offered.is_ours {
            return Err("must name the protocol beside the token: threadline, bearer.<token>");
        }
        Ok(offered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Offered, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::SEC_WEBSOCKET_PROTOCOL, value.parse().unwrap());
        }
        Offered::read(&headers)
    }

    #[test]
    fn a_token_stands_beside_the_protocol() {
        let both = || Ok(Offered { is_ours: true, token: Some("a.b-c_d.e".into()) });
        assert_eq!(read(&["threadline, bearer.a.b-c_d.e"]), both());
        assert_eq!(read(&["bearer.a.b-c_d.e,threadline"]), both());
        assert_eq!(read(&["threadline", "bearer.a.b-c_d.e"]), both());
        assert_eq!(read(&["threadline, graphql-ws"]), Ok(Offered { is_ours: true, token: None }));
        assert_eq!(read(&["graphql-ws"]), Ok(Offered::default()));
        assert_eq!(read(&[]), Ok(Offered::default()));
        assert!(read(&["bearer.a"]).is_err());
        assert!(read(&["threadline, bearer.a, bearer.b"]).is_err());
    }
}
