//! Where a webhook is posted: a URL, taken apart.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use rustls::pki_types::ServerName;

/// A receiver's URL.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// As it is resolved: a name, or an address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What the receiver's certificate has to bear, for `https`.
    pub(crate) name: Option<ServerName<'static>>,
    /// The header of this name.
    pub(crate) host_header: HeaderValue,
    /// The path with the query.
    pub(crate) path: String,
}

/// Why a URL is none to post to.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UrlError {
    #[error("it is not of the form https://host/path")]
    Form,
    #[error("http:// is for this machine alone; `allow_http = true` lets it go further")]
    Unsecured,
    #[error("a user or a password in a URL is not sent; put what opens the door into the query")]
    User,
}

impl Destination {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Why it is none to post to.
    pub(crate) fn read(url: &str, allow_http: bool) -> Result<Self, UrlError> {
        let uri: Uri = url.parse().map_err(|_| UrlError::Form)?;
        let authority = uri.authority().ok_or(UrlError::Form)?;
        if authority.as_str().contains('@') {
            return Err(UrlError::User);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(UrlError::Form);
        }
        let (usual, name) = match uri.scheme_str() {
            Some("https") => {
                let name = ServerName::try_from(host.clone());
                (443, Some(name.map_err(|_| UrlError::Form)?))
            }
            Some("http") if allow_http || is_this_machine(&host) => (80, None),
            Some("http") => return Err(UrlError::Unsecured),
            _ => return Err(UrlError::Form),
        };
        let host_header = HeaderValue::try_from(authority.as_str());
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            port: authority.port_u16().unwrap_or(usual),
            name,
            host_header: host_header.map_err(|_| UrlError::Form)?,
            path: path.to_owned(),
            host,
        })
    }
}

/// A URL as it is shown: without its query, which may have what opens doors.
pub(crate) fn shown(url: &str) -> String {
    match url.split_once('?') {
        Some((url, _)) => format!("{url}?…"),
        None => url.to_owned(),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_or_refused() {
        let read = |url, allow_http| {
            let read = Destination::read(url, allow_http);
            read.map(|to| (to.host, to.port, to.name.is_some(), to.path))
        };
        let to = |host: &str, port, is_secured, path: &str| {
            Ok((host.to_owned(), port, is_secured, path.to_owned()))
        };
        for (url, allow_http, expected) in [
            (
                "https://a.example/x?k=1",
                false,
                to("a.example", 443, true, "/x?k=1"),
            ),
            (
                "https://a.example:8443",
                false,
                to("a.example", 8443, true, "/"),
            ),
            ("https://[2606::1]/", false, to("2606::1", 443, true, "/")),
            (
                "http://127.0.0.1:80/",
                false,
                to("127.0.0.1", 80, false, "/"),
            ),
            ("http://[::1]:8080/", false, to("::1", 8080, false, "/")),
            ("http://localhost/", false, to("localhost", 80, false, "/")),
            ("http://a.example/", false, Err(UrlError::Unsecured)),
            (
                "http://127.0.0.1.a.example/",
                false,
                Err(UrlError::Unsecured),
            ),
            ("http://a.example/", true, to("a.example", 80, false, "/")),
            ("https://u:p@a.example/", false, Err(UrlError::User)),
            ("ftp://a.example/", false, Err(UrlError::Form)),
            ("/x", false, Err(UrlError::Form)),
            ("a.example", false, Err(UrlError::Form)),
        ] {
            assert_eq!(read(url, allow_http), expected, "{url}");
        }
        assert_eq!(shown("https://a.example/x?k=1"), "https://a.example/x?…");
    }
}
