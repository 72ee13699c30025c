//! Which requests are not for us, though they have reached us.
//!
//! A browser lets every web page send requests to this machine, whatever page it is. Who is
//! where nobody has to show a token is known by two things only, which no page can
//! forge: the name that the browser was told to ask (`Host`, or `:authority`), and the page
//! that made it ask (`Origin` and `Sec-Fetch-Site`). Programs send neither of the latter, and
//! may say in the former what a browser would.

mod layer;

use std::net::IpAddr;

use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderName, ORIGIN, UPGRADE};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Method, Version};
use serde::Deserialize;

pub use layer::with_admission;

use crate::origin::Origin;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// By what a listener decides which requests are for it.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// Whether anything is given to those who show no token: then they must have asked for
    /// this machine, or for one of `hosts`.
    pub tokens_optional: bool,
    pub hosts: Vec<HostName>,
    /// The origins of pages that may do what our own may.
    pub origins: Vec<Origin>,
}

/// A name that this machine is asked by, without a port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HostName(String);

#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no host: it takes a name or an address without scheme, port and path, like \"pizza.example\""
)]
pub struct NoHostName(String);

impl TryFrom<String> for HostName {
    type Error = NoHostName;

    fn try_from(text: String) -> Result<Self, NoHostName> {
        match text.parse::<Authority>() {
            Ok(host) if host.host() == text => Ok(Self(text)),
            _ => Err(NoHostName(text)),
        }
    }
}

/// Why a request is not for us.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the request names {0} hosts; it takes one `Host` header with one name")]
    HostCount(usize),
    #[error("{0:?} is not the name of a host; `Host` takes a name, and maybe a port")]
    HostUnreadable(String),
    #[error("the request is addressed to {line:?}, and its `Host` header says {header:?}")]
    HostTwice { line: String, header: String },
    #[error(
        "{0:?} is not what this machine is called. Without a token, only localhost, 127.0.0.1 \
         and [::1] are served, and what the setting `gateway.hosts` lists; with a token in \
         `Authorization`, any name is"
    )]
    OtherHost(String),
    #[error(
        "a web page of {0} asks for this, and it is none of ours. If it should be allowed, the \
         setting `gateway.cors_origins` takes its origin"
    )]
    OtherOrigin(String),
    #[error(
        "a session counts for pages of this address: a request that changes something says so by \
         `Sec-Fetch-Site: same-origin`, or by its own `Origin`; programs show a token in \
         `Authorization`"
    )]
    NotOurPage,
}

impl Refusal {
    /// Whether the request itself is malformed, for any server.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::HostCount(_) | Self::HostUnreadable(_) | Self::HostTwice { .. } => true,
            Self::OtherHost(_) | Self::OtherOrigin(_) | Self::NotOurPage => false,
        }
    }
}

impl Admission {
    /// Checks a request, before anything else is made of it.
    ///
    /// # Errors
    /// When its host cannot be told or is not this one, or when a page that is not ours asks
    /// for more than to look.
    pub fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let host = host(request)?;
        let headers = &request.headers;
        if self.tokens_optional && !headers.contains_key(AUTHORIZATION) {
            self.is_this_machine(host.as_ref())?;
        }
        let is_safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !is_safe || headers.contains_key(UPGRADE) || wants_events(headers) {
            return self.page(host.as_ref(), headers);
        }
        Ok(())
    }

    /// Checks a request for what a stranger's page may not even look at, as an event stream.
    ///
    /// # Errors
    /// When the page that asks is not ours.
    pub fn check_page(&self, request: &Parts) -> Result<(), Refusal> {
        self.page(host(request)?.as_ref(), &request.headers)
    }

    /// Checks a request that may change something and shows what a browser adds by itself: it has to
    /// say that a page of ours made it. A browser of these years does; an older one names the page's
    /// origin at least.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_own_page(request: &Parts) -> Result<(), Refusal> {
        let host = host(request)?;
        let headers = &request.headers;
        let own = if headers.contains_key(FETCH_SITE) {
            let mut sites = headers.get_all(FETCH_SITE).iter();
            sites.all(|site| site == "same-origin")
        } else {
            let mut origins = headers.get_all(ORIGIN).iter();
            let origin = origins.next().and_then(|origin| origin.to_str().ok());
            let origin = origin.filter(|_| origins.next().is_none());
            let origin = origin.and_then(Origin::parse);
            origin.is_some_and(|origin| host.is_some_and(|host| origin.is_at(&host)))
        };
        if own {
            Ok(())
        } else {
            Err(Refusal::NotOurPage)
        }
    }

    fn is_this_machine(&self, host: Option<&Authority>) -> Result<(), Refusal> {
        // Only programs of before HTTP/1.1 name none.
        let Some(host) = host else {
            return Ok(());
        };
        let name = host.host();
        let listed = self
            .hosts
            .iter()
            .any(|own| own.0.eq_ignore_ascii_case(name));
        if listed || is_loopback(name) {
            return Ok(());
        }
        Err(Refusal::OtherHost(name.to_owned()))
    }

    fn page(&self, host: Option<&Authority>, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut origins = headers.get_all(ORIGIN).iter();
        if let Some(given) = origins.next() {
            let given = given.to_str().unwrap_or("null");
            let other = || Refusal::OtherOrigin(format!("the origin {given:?}"));
            let origin = Origin::parse(given).filter(|_| origins.next().is_none());
            let origin = origin.ok_or_else(other)?;
            if self.origins.contains(&origin) {
                return Ok(());
            }
            if !host.is_some_and(|host| origin.is_at(host)) {
                return Err(other());
            }
        }
        for site in headers.get_all(FETCH_SITE) {
            // `none` is the user: an address that was typed, or a bookmark.
            if site != "same-origin" && site != "none" {
                let site = String::from_utf8_lossy(site.as_bytes());
                return Err(Refusal::OtherOrigin(format!("another origin ({site})")));
            }
        }
        Ok(())
    }
}

/// Whom a request is for, by its request line and its header, which must agree.
fn host(request: &Parts) -> Result<Option<Authority>, Refusal> {
    let mut given = request.headers.get_all(HOST).iter();
    let line = request.uri.authority();
    let Some(header) = given.next() else {
        let old = request.version < Version::HTTP_11;
        return match (line, old) {
            (Some(line), _) => Ok(Some(line.clone())),
            (None, true) => Ok(None),
            (None, false) => Err(Refusal::HostCount(0)),
        };
    };
    let more = given.count();
    if more > 0 {
        return Err(Refusal::HostCount(1 + more));
    }
    let named = header.to_str().ok().and_then(|text| text.parse().ok());
    let named = named.filter(|named: &Authority| !named.as_str().contains('@'));
    let Some(named) = named else {
        let text = String::from_utf8_lossy(header.as_bytes());
        return Err(Refusal::HostUnreadable(text.into_owned()));
    };
    match line {
        Some(line) if *line != named => Err(Refusal::HostTwice {
            line: line.to_string(),
            header: named.to_string(),
        }),
        _ => Ok(Some(named)),
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let address: Option<IpAddr> = address.unwrap_or(name).parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

fn wants_events(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter();
    accepted.any(|accepted| {
        let text = accepted.to_str().unwrap_or_default();
        text.to_ascii_lowercase().contains("text/event-stream")
    })
}

#[cfg(test)]
mod tests;
