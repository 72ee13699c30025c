//! `/openapi.json`, and `/docs` to browse it: Swagger UI, which comes with the program and
//! needs nothing from the internet.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use pizza_http::extract::Path;

use crate::answer::raw;
use crate::app::App;
use crate::endpoint::{Endpoint, get};
use crate::problem::{self, Problem};

/// The page runs its own scripts and asks this server, nobody else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
);

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/openapi.json", document)
            .summary("This document")
            .public(),
        get("/docs", page)
            .summary("Where to browse it")
            .public()
            .leads_elsewhere(),
        get("/docs/", index)
            .summary("The page to browse it")
            .public()
            .page()
            .gives_text("text/html"),
        // The names are looked up in a table of the program: no path leads out of it.
        get("/docs/{file}", file)
            .summary("What the page needs")
            .public()
            .page()
            .gives_a_file(),
    ]
}

async fn document(State(app): State<App>) -> Response {
    raw(StatusCode::OK, app.document().text())
}

async fn page() -> Redirect {
    Redirect::permanent("/docs/")
}

async fn index() -> Result<Response, Problem> {
    serve("index.html")
}

async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    serve(&name)
}

/// A file of the page: its name, its content type and its bytes.
type PageFile = (&'static str, &'static str, &'static [u8]);

/// The files of Swagger UI, unpacked by the build script.
const SWAGGER_UI: &[PageFile] = include!(concat!(env!("OUT_DIR"), "/swagger_ui.rs"));

/// Tells the page which document it is to show.
const INITIALIZER: PageFile = (
    "swagger-initializer.js",
    "text/javascript",
    include_bytes!("swagger-initializer.js"),
);

fn serve(name: &str) -> Result<Response, Problem> {
    let mut files = SWAGGER_UI.iter().chain([&INITIALIZER]);
    let Some((_, content_type, bytes)) = files.find(|(known, ..)| *known == name) else {
        let detail = format!("the documentation has no file {name:?}");
        return Err(Problem::new(problem::NOT_FOUND, detail));
    };
    let mut response = Body::from(*bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}
