//! URLs, and what of them may be shown.

/// A URL without its password and its query, which may hold one.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "(hidden)".into() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let tail = match tail.split_once(['?', '#']) {
        Some((path, query)) if may_be_secret(query) => format!("{path}?(hidden)"),
        _ => tail.to_owned(),
    };
    match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:(hidden)@{host}{tail}"),
            None => format!("{scheme}://{user}@{host}{tail}"),
        },
        None => format!("{scheme}://{authority}{tail}"),
    }
}

/// Whether a query may hold a secret: any value but those that say where a Postgres is and how to reach it.
fn may_be_secret(query: &str) -> bool {
    const SHOWN: [&str; 8] =
        ["host", "hostaddr", "port", "dbname", "user", "sslmode", "sslrootcert", "application_name"];
    query.split('&').any(|pair| !SHOWN.contains(&pair.split('=').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_hidden() {
        for (url, shown) in [
            ("postgres://ann:s3cret@db:5432/chat", "postgres://ann:(hidden)@db:5432/chat"),
            ("postgres://ann:s3@cret@db/chat", "postgres://ann:(hidden)@db/chat"),
            ("postgres://ann@db/chat?password=s3cret", "postgres://ann@db/chat?(hidden)"),
            ("postgres:///chat?host=/tmp", "postgres:///chat?host=/tmp"),
            ("https://ann:s3cret@id.example/keys?key=s3cret#s3cret", "https://ann:(hidden)@id.example/keys?(hidden)"),
            ("https://id.example/keys", "https://id.example/keys"),
            ("https://id.example#s3cret", "https://id.example?(hidden)"),
            ("s3cret", "(hidden)"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
