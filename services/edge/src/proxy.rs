//! What a reverse proxy between clients and the edge says of a request (decision 30).

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};
use ipnet::IpNet;

use crate::headers::{first, only};

/// Headers of a proxy; each proxy may add a value, the first one is what the client saw.
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_PORT: &str = "x-forwarded-port";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Where an edge is reached from, when that is not where it listens.
#[derive(Clone, Debug, Default)]
pub struct ProxyConfig {
    /// Addresses whose `X-Forwarded-Host`, `-Proto` and `-Port` are believed. Their connections have no bound of their own
    /// per address, because all clients share it.
    pub trusted: Vec<IpNet>,
    /// The path under which clients reach the edge, such as `/chat`; empty for none. Paths without it are served too: many
    /// proxies take it off.
    pub path_prefix: String,
}

impl ProxyConfig {
    /// Whether this address is a proxy of ours.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Takes the prefix off a path. A path that is the prefix without a slash at its end stays as it is: relative
    /// addresses in a page served there would lead elsewhere.
    pub(crate) fn without_prefix(&self, uri: &mut Uri) {
        if self.path_prefix.is_empty() {
            return;
        }
        let rest = uri.path_and_query().and_then(|path| path.as_str().strip_prefix(&self.path_prefix));
        let Some(rest) = rest.filter(|rest| rest.starts_with('/')).map(str::to_owned) else { return };
        let mut parts = std::mem::take(uri).into_parts();
        // A part of a valid path that begins with a slash is a valid path.
        parts.path_and_query = rest.parse().ok();
        *uri = Uri::from_parts(parts).unwrap_or_default();
    }

    /// Whether a path is the prefix without a slash at its end.
    pub(crate) fn is_bare_prefix(&self, path: &str) -> bool {
        !self.path_prefix.is_empty() && path == self.path_prefix
    }
}

/// The other end of a request's connection: a client, or the proxy nearest to us. An extension of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Where the client sent its request to, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `http` or `https`; `None` when no trusted proxy says it: one may have taken TLS off.
    scheme: Option<&'static str>,
    /// The host, with its port unless that is the scheme's own.
    host: String,
}

impl Target {
    /// From a trusted proxy's headers, or else from `Host`; `None` when there is none.
    pub(crate) fn of(config: &ProxyConfig, peer: Option<Peer>, headers: &HeaderMap) -> Option<Self> {
        let host = only(headers, &header::HOST);
        if !peer.is_some_and(|Peer(peer)| config.trusts(peer)) {
            return Some(Self { scheme: None, host: host?.to_owned() });
        }
        let scheme = match first(headers, FORWARDED_PROTO) {
            Some(proto) if proto.eq_ignore_ascii_case("https") => Some("https"),
            Some(proto) if proto.eq_ignore_ascii_case("http") => Some("http"),
            _ => None,
        };
        let mut host = first(headers, FORWARDED_HOST).or(host)?.to_ascii_lowercase();
        if let Some(port) = first(headers, FORWARDED_PORT)
            && !has_port(&host)
            && port.bytes().all(|byte| byte.is_ascii_digit())
        {
            host = format!("{host}:{port}");
        }
        let default_port = match scheme {
            Some("https") => ":443",
            Some(_) => ":80",
            None => "",
        };
        let host = host.strip_suffix(default_port).map(str::to_owned).unwrap_or(host);
        Some(Self { scheme, host })
    }

    /// Whether a page of this origin comes from here.
    pub(crate) fn is_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else { return false };
        let is_scheme = self.scheme.map_or(matches!(scheme, "http" | "https"), |own| scheme == own);
        is_scheme && !self.host.is_empty() && host == self.host
    }
}

/// Whether a host names its port; the colons of an IPv6 address stand in brackets.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.1.2.3";

    fn config() -> ProxyConfig {
        ProxyConfig { trusted: vec!["10.0.0.0/8".parse().unwrap()], path_prefix: "/chat".into() }
    }

    fn takes(peer: &str, headers: &[(&'static str, &str)], origin: &str) -> bool {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let peer = Peer(peer.parse().unwrap());
        Target::of(&config(), Some(peer), &headers).is_some_and(|target| target.is_origin(origin))
    }

    #[test]
    fn a_trusted_proxy_says_where_the_client_went() {
        const INNER: (&str, &str) = ("host", "edge-7:8080");
        for (headers, origin) in [
            (&[INNER, ("x-forwarded-host", "example.org"), ("x-forwarded-proto", "https")][..], "https://example.org"),
            (&[INNER, ("x-forwarded-host", "Example.org, edge-proxy")], "https://example.org"),
            (&[INNER, ("x-forwarded-host", "example.org:443"), ("x-forwarded-proto", "https")], "https://example.org"),
            (
                &[
                    INNER,
                    ("x-forwarded-host", "example.org"),
                    ("x-forwarded-proto", "https"),
                    ("x-forwarded-port", "8443"),
                ],
                "https://example.org:8443",
            ),
            (&[INNER, ("x-forwarded-host", "[2001:db8::1]"), ("x-forwarded-port", "81")], "http://[2001:db8::1]:81"),
            (&[("host", "example.org"), ("x-forwarded-proto", "https")], "https://example.org"),
            (&[("host", "example.org")], "https://example.org"),
        ] {
            assert!(takes(PROXY, headers, origin), "{headers:?} {origin}");
            assert!(takes("::ffff:10.1.2.3", headers, origin), "{headers:?} {origin}");
            assert!(!takes(PROXY, headers, "https://evil.example"), "{headers:?}");
            assert!(!takes(PROXY, headers, "null"), "{headers:?}");
        }
        let forwarded = [INNER, ("x-forwarded-host", "example.org"), ("x-forwarded-proto", "https")];
        assert!(!takes(PROXY, &forwarded, "http://example.org"), "the page came over TLS");
        assert!(!takes(PROXY, &forwarded, "https://edge-7:8080"), "no client saw that name");
    }

    #[test]
    fn nobody_else_is_believed() {
        let headers = [("host", "chat.example.org"), ("x-forwarded-host", "evil.example")];
        assert!(!takes("192.0.2.1", &headers, "https://evil.example"));
        assert!(takes("192.0.2.1", &headers, "https://chat.example.org"));
    }

    #[test]
    fn the_prefix_goes_and_what_only_begins_like_it_stays() {
        for (given, expected) in [
            ("/chat/", "/"),
            ("/chat/api/chat/threads/?limit=1", "/api/chat/threads/?limit=1"),
            ("/chat/ws?token=a", "/ws?token=a"),
            ("/chat", "/chat"),
            ("/chatter/ws", "/chatter/ws"),
            ("/ws", "/ws"),
            ("/chat/chat/", "/chat/"),
        ] {
            let mut uri: Uri = given.parse().unwrap();
            config().without_prefix(&mut uri);
            assert_eq!(uri.to_string(), expected, "{given}");
        }
    }
}
