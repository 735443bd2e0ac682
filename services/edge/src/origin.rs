//! Which web pages may call.

use axum::http::{HeaderMap, header};

use crate::config::EdgeConfig;
use crate::error::Problem;

/// Whether the request comes from no web page (no `Origin`) or from one whose origin is allowed, byte for byte.
pub fn check(config: &EdgeConfig, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::ORIGIN) {
        None => Ok(()),
        Some(_) if allowed(config, headers).is_some() => Ok(()),
        Some(_) => Err(Problem::origin_refused()),
    }
}

/// The request's origin when it is an allowed one. More than one origin is none.
pub(crate) fn allowed<'a>(config: &EdgeConfig, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?.to_str().ok()?;
    let only = origins.next().is_none();
    (only && config.origins.iter().any(|allowed| allowed == origin)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, StatusCode};
    use axum::response::IntoResponse;

    use super::*;
    use crate::auth::AuthConfig;

    fn status(origins: &[&str]) -> Option<StatusCode> {
        let mut config = EdgeConfig::new(AuthConfig::secret([7; 32]));
        config.origins = vec!["https://app.example.org".into(), "http://localhost:8080".into()];
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        check(&config, &headers).err().map(|problem| problem.into_response().status())
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
}
