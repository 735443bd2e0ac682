//! Files in memory, each as it is and, where the build left it, compressed.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

/// Folders in folders.
const DEPTH_MAX: usize = 8;

/// By path, such as `/assets/index-4f2a.js`.
pub(super) struct Files(HashMap<String, File>);

pub(super) struct File {
    pub(super) media_type: &'static str,
    plain: Form,
    gzip: Option<Form>,
}

/// A file's bytes in one encoding.
pub(super) struct Form {
    pub(super) encoding: Option<&'static str>,
    pub(super) bytes: Bytes,
    pub(super) tag: HeaderValue,
}

impl Files {
    /// Everything in a folder. Fails with why there is no page in it.
    pub(super) fn read(folder: &Path, bytes_max: u64, files_max: usize) -> Result<Self, String> {
        let mut contents = Contents { files: HashMap::new(), files_max, bytes_left: bytes_max };
        contents.take(folder, "", 0).map_err(|error| error.to_string())?;
        let mut files = Self(HashMap::new());
        let mut found = contents.files;
        let plain: Vec<String> = found.keys().filter(|path| path.strip_suffix(".gz").is_none()).cloned().collect();
        for path in plain {
            let Some(bytes) = found.remove(&path) else { continue };
            let gzip = found.remove(&format!("{path}.gz"));
            files.insert(&path, bytes, gzip);
        }
        if files.get("/index.html").is_some() { Ok(files) } else { Err("it has no index.html".into()) }
    }

    /// The page that says how to get the page.
    pub(super) fn built_in() -> Self {
        let mut files = Self(HashMap::new());
        files.insert("/index.html", Bytes::from_static(include_bytes!("missing.html")), None);
        files.insert("/missing.css", Bytes::from_static(include_bytes!("missing.css")), None);
        files
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    fn insert(&mut self, path: &str, bytes: Bytes, gzip: Option<Bytes>) {
        let file = File {
            media_type: media_type(path),
            plain: Form::new(None, bytes),
            gzip: gzip.map(|bytes| Form::new(Some("gzip"), bytes)),
        };
        self.0.insert(path.to_owned(), file);
    }
}

impl File {
    /// The form that suits the request.
    pub(super) fn form_for(&self, asked: &HeaderMap) -> &Form {
        let takes_gzip = || list(asked, &header::ACCEPT_ENCODING).any(is_gzip);
        self.gzip.as_ref().filter(|_| takes_gzip()).unwrap_or(&self.plain)
    }
}

impl Form {
    fn new(encoding: Option<&'static str>, bytes: Bytes) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let tag = format!("\"{:016x}\"", hasher.finish());
        Self { encoding, bytes, tag: HeaderValue::try_from(tag).expect("hexadecimal digits in quotes") }
    }

    /// Whether the client has it already.
    pub(super) fn is_known_to(&self, asked: &HeaderMap) -> bool {
        list(asked, &header::IF_NONE_MATCH).any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.tag)
    }
}

/// The items of a header that is a list.
fn list<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether an item of `Accept-Encoding` allows gzip: named, and not with a weight of zero.
fn is_gzip(item: &str) -> bool {
    let mut parts = item.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
    named && weight.is_ok_and(|weight| weight > 0.0)
}

/// What was found in a folder.
struct Contents {
    files: HashMap<String, Bytes>,
    files_max: usize,
    bytes_left: u64,
}

impl Contents {
    /// Takes a folder's files, as `path/name`. Links are left out: they may lead anywhere.
    fn take(&mut self, folder: &Path, path: &str, depth: usize) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (kind, name) = (entry.file_type()?, entry.file_name());
            let Some(name) = name.to_str().filter(|name| is_plain(name)) else { continue };
            let path = format!("{path}/{name}");
            if kind.is_dir() && depth < DEPTH_MAX {
                self.take(&entry.path(), &path, depth + 1)?;
            } else if kind.is_file() {
                let size = entry.metadata()?.len();
                let left = self.bytes_left.checked_sub(size).filter(|_| self.files.len() < self.files_max);
                self.bytes_left = left.ok_or_else(|| {
                    std::io::Error::other("it is larger than edge.web_bytes_max or edge.web_files_max allows")
                })?;
                self.files.insert(path, fs::read(entry.path())?.into());
            }
        }
        Ok(())
    }
}

/// Names that stand in a path as they are; hidden files are not for showing.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_those_who_take_it() {
        for item in ["gzip", "GZIP", "gzip;q=0.5", "gzip; q=1"] {
            assert!(is_gzip(item), "{item}");
        }
        for item in ["", "*", "br", "gzip;q=0", "gzip; q=0.0", "gzip;q=x", "xgzip"] {
            assert!(!is_gzip(item), "{item}");
        }
    }
}
