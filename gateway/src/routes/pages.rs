//! The pages of the user interface: each address of a screen is answered with the same shell,
//! which looks what it is.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use crate::app::App;
use crate::coding::{self, Coding};
use crate::condition;
use crate::endpoint::{Endpoint, get};
use crate::pages::{PageContent, PageFile, Pages};
use crate::problem::{self, Problem};

/// The one page, which all addresses of screens have.
const SHELL: &str = "/index.html";
/// What is below has the hash of its content in its name.
const ASSETS: &str = "/assets/";
/// The addresses of screens: a list, so that any other address is not there.
const SCREENS: [&str; 9] = [
    "/",
    "/order/{restaurantId}",
    "/track/{orderId}",
    "/kitchen/{restaurantId}",
    "/manager/{restaurantId}",
    "/drive/{driverId}",
    "/operate",
    "/operate/{actorType}",
    "/sign-in",
];
/// Nothing comes from elsewhere, and nothing that stands in a page is run.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'none'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "geolocation=(self), screen-wake-lock=(self), accelerometer=(), camera=(), \
     display-capture=(), encrypted-media=(), fullscreen=(), gyroscope=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
     usb=(), xr-spatial-tracking=()",
);
/// Keys travel in addresses of pages, which nobody else is told.
const REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What is served of these pages. Their document is themselves, so that the API's has none of it.
pub(super) fn endpoints(pages: &Pages) -> Vec<Endpoint> {
    if pages.file(SHELL).is_none() {
        return Vec::new();
    }
    let screens = SCREENS.map(|path| get(path, shell));
    // What browsers ask for at the top, as the icon.
    let top = pages.files.iter().map(|file| file.path);
    let top = top.filter(|path| *path != SHELL && !path.starts_with(ASSETS));
    let top = top.map(|path| get(path, top_file));
    let all = screens.into_iter().chain(top);
    let all = all.chain([get("/assets/{*file}", asset)]);
    all.map(|endpoint| endpoint.public().page().gives_a_file())
        .collect()
}

async fn shell(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    serve(&app, SHELL, &headers, REVALIDATE)
}

async fn top_file(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    serve(&app, uri.path(), &headers, REVALIDATE)
}

async fn asset(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    serve(&app, uri.path(), &headers, FOR_A_YEAR)
}

fn serve(
    app: &App,
    path: &str,
    headers: &HeaderMap,
    caches: HeaderValue,
) -> Result<Response, Problem> {
    let Some(file) = app.pages().file(path) else {
        // Of another build, maybe: a page that asks for it learns that there is a newer one.
        let detail = format!("the pages have no file {path}");
        return Err(Problem::new(problem::NOT_FOUND, detail));
    };
    let is_packed = matches!(file.content, PageContent::Packed { .. });
    let coding = Coding::chosen(headers, is_packed, is_packed);
    let form = match coding {
        Coding::Brotli => "-br",
        Coding::Gzip => "-gz",
        Coding::Identity => "",
    };
    // Each form has a tag of its own, for it is another sequence of bytes.
    let tag = HeaderValue::try_from(format!("\"{}{form}\"", file.hash));
    let tag = tag.map_err(|error| Problem::new(problem::INTERNAL, error.to_string()))?;
    let mut response = if condition::is_known(headers, &tag) {
        let mut known = Response::new(Body::empty());
        *known.status_mut() = StatusCode::NOT_MODIFIED;
        known
    } else {
        let mut whole = Response::new(body(file, coding)?);
        let content_type = HeaderValue::from_static(file.content_type);
        whole
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        if let Some(name) = coding.name() {
            whole.headers_mut().insert(header::CONTENT_ENCODING, name);
        }
        whole
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    coding::varies(headers);
    for (name, value) in [
        (header::CACHE_CONTROL, caches),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::REFERRER_POLICY, REFERRER),
    ] {
        headers.insert(name, value);
    }
    Ok(response)
}

fn body(file: &PageFile, coding: Coding) -> Result<Body, Problem> {
    let bytes = match (coding, file.content) {
        (Coding::Brotli, PageContent::Packed { brotli, .. }) => Cow::Borrowed(brotli),
        (Coding::Gzip, PageContent::Packed { gzip, .. }) => Cow::Borrowed(gzip),
        (_, content) => content
            .plain()
            .map_err(|error| Problem::new(problem::INTERNAL, format!("{}: {error}", file.path)))?,
    };
    Ok(match bytes {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    })
}
