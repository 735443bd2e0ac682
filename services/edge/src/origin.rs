//! Which web pages may call.

use axum::http::{HeaderMap, header};

use crate::config::EdgeConfig;
use crate::error::Problem;
use crate::headers::only;
use crate::proxy::{Peer, ProxyConfig, Target};

/// Whether the request comes from no web page (no `Origin`), from a page of this edge's own, or from one whose origin is
/// allowed, byte for byte.
pub(crate) fn check(config: &EdgeConfig, peer: Option<Peer>, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::ORIGIN) {
        None => Ok(()),
        Some(_) if is_own(&config.proxy, peer, headers) || allowed(config, headers).is_some() => Ok(()),
        Some(_) => Err(Problem::origin_refused()),
    }
}

/// The request's origin when it is an allowed one. More than one origin is none.
pub(crate) fn allowed<'a>(config: &EdgeConfig, headers: &'a HeaderMap) -> Option<&'a str> {
    let origin = only(headers, &header::ORIGIN)?;
    config.origins.iter().any(|allowed| allowed == origin).then_some(origin)
}

/// Whether the page comes from where its request went: exactly that host with its port, over `http` or `https`. A trusted
/// proxy says which, and which host the client named; without one, the scheme is not known and the host is `Host`.
pub(crate) fn is_own(proxy: &ProxyConfig, peer: Option<Peer>, headers: &HeaderMap) -> bool {
    let target = Target::of(proxy, peer, headers);
    only(headers, &header::ORIGIN).is_some_and(|origin| target.is_some_and(|target| target.is_origin(origin)))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, StatusCode};
    use axum::response::IntoResponse;

    use super::*;
    use crate::auth::AuthConfig;

    fn status(origins: &[&str]) -> Option<StatusCode> {
        status_at(&["chat.example.org"], origins)
    }

    /// For a request to these hosts.
    fn status_at(hosts: &[&str], origins: &[&str]) -> Option<StatusCode> {
        let mut config = EdgeConfig::new(AuthConfig::secret([7; 32]));
        config.origins = vec!["https://app.example.org".into(), "http://localhost:8080".into()];
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        check(&config, None, &headers).err().map(|problem| problem.into_response().status())
    }

    #[test]
    fn an_allowed_origin_and_none_at_all_pass() {
        assert_eq!(status(&[]), None);
        assert_eq!(status(&["https://app.example.org"]), None);
        assert_eq!(status(&["http://localhost:8080"]), None);
    }

    #[test]
    fn everything_that_only_looks_like_an_allowed_origin_is_refused() {
        for origin in [
            "null",
            "",
            "https://app.example.org.evil.net",
            "https://evil-app.example.org",
            "https://evilapp.example.org",
            "https://app.example.org:8443",
            "https://app.example.org/",
            "http://app.example.org",
            "https://APP.example.org",
            "http://localhost",
            "http://localhost:80801",
            "https://app.example.org https://evil.net",
            "*",
        ] {
            assert_eq!(status(&[origin]), Some(StatusCode::FORBIDDEN), "{origin}");
        }
        assert_eq!(status(&["https://app.example.org", "https://evil.net"]), Some(StatusCode::FORBIDDEN));
    }

    #[test]
    fn a_page_of_our_own_passes_whatever_our_name_is() {
        for (host, origin) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("[::1]:8081", "http://[::1]:8081"),
            ("chat.example.org", "http://chat.example.org"),
            ("chat.example.org", "https://chat.example.org"),
        ] {
            assert_eq!(status_at(&[host], &[origin]), None, "{origin}");
        }
    }

    #[test]
    fn a_page_that_only_looks_like_ours_is_refused() {
        let refused = Some(StatusCode::FORBIDDEN);
        for origin in [
            "null",
            "",
            "http://",
            "chat.example.org",
            "http://chat.example.org:80",
            "http://chat.example.org.evil.net",
            "http://evil-chat.example.org",
            "http://example.org",
            "http://chat.example.org/",
            "http://evil.net@chat.example.org",
            "ftp://chat.example.org",
            "httpss://chat.example.org",
            "https://http://chat.example.org",
            "http://CHAT.example.org",
        ] {
            assert_eq!(status(&[origin]), refused, "{origin}");
        }
        let own = "http://chat.example.org";
        assert_eq!(status(&[own, own]), refused);
        for hosts in
            [&[] as &[&str], &[""], &["chat.example.org", "chat.example.org"], &["chat.example.org", "evil.net"]]
        {
            assert_eq!(status_at(hosts, &[own]), refused, "{hosts:?}");
            assert_eq!(status_at(hosts, &["http://"]), refused, "{hosts:?}");
        }
    }
}
