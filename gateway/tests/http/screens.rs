//! The pages of the user interface: where they are, how they are sent, and what they may do.

use pizza_gateway::{GatewayConfig, PageContent, PageFile, Pages, Provided};

use crate::socket::Server;

const SHELL: &str = "<!doctype html><title>Pizza</title>";

/// `plain`, by gzip.
const GZIP_OF_PLAIN: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff+\xc8I\xcc\xcc\x03\x00\xcfb \x19\x05\x00\x00\x00";

/// Pages of a build: a shell, an icon and a script in both packed forms.
pub(crate) const PAGES: Pages = Pages {
    are_present: true,
    build: "abc",
    files: &[
        PageFile {
            path: "/index.html",
            content_type: "text/html; charset=utf-8",
            hash: "5e11",
            content: PageContent::Plain(SHELL.as_bytes()),
        },
        PageFile {
            path: "/assets/app-1.js",
            content_type: "text/javascript; charset=utf-8",
            hash: "a991",
            content: PageContent::Packed {
                gzip: GZIP_OF_PLAIN,
                brotli: b"by brotli",
            },
        },
        PageFile {
            path: "/service-worker.js",
            content_type: "text/javascript; charset=utf-8",
            hash: "5e24",
            content: PageContent::Plain(b"worker"),
        },
        PageFile {
            path: "/icon.svg",
            content_type: "image/svg+xml",
            hash: "1c0",
            content: PageContent::Plain(b"<svg/>"),
        },
    ],
};

async fn with_pages(config: GatewayConfig) -> Server {
    let provided = Provided {
        pages: PAGES,
        ..Provided::default()
    };
    Server::provided_with(config, provided).await
}

#[tokio::test]
async fn each_screen_has_the_shell_and_nothing_else_has() {
    // Also where everybody has to show a token: pages are for those who sign in there.
    let strict = GatewayConfig {
        anonymous_on_loopback: false,
        ..GatewayConfig::default()
    };
    let server = with_pages(strict).await;
    for screen in [
        "/",
        "/order/napoli",
        "/track/order-1",
        "/kitchen/napoli",
        "/manager/napoli?order=order-1",
        "/drive/driver-1",
        "/operate",
        "/operate/order",
        "/sign-in",
    ] {
        let answer = server.send(&format!("GET {screen}")).await;
        assert_eq!((answer.status, &*answer.body), (200, SHELL), "{screen}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{screen}");
        let policy = answer.header("content-security-policy").expect("a policy");
        let parts: Vec<&str> = policy.split("; ").collect();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(parts.contains(&part), "{policy}");
        }
        let allowed = answer.header("permissions-policy").expect("a policy");
        assert!(allowed.contains("geolocation=(self)") && allowed.contains("camera=()"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-pizza-version"), Some("0.1.0+abc"));
    }
    for other in [
        "/manager",
        "/order",
        "/track/order-1/more",
        "/index.html",
        "/other",
    ] {
        let answer = server.send(&format!("GET {other}")).await;
        answer.problem(404, "not-found");
    }
    server
        .send("POST /")
        .await
        .problem(405, "method-not-allowed");
    let document = server.send("GET /openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(!paths.contains_key("/") && !paths.contains_key("/sign-in"));
}

#[tokio::test]
async fn a_client_that_has_the_shell_gets_no_other() {
    let server = with_pages(GatewayConfig::default()).await;
    let first = server.send("GET /").await;
    assert_eq!(first.header("etag"), Some("\"5e11\""));
    for (tags, status) in [
        ("\"5e11\"", 304),
        ("W/\"5e11\"", 304),
        ("\"other\", \"5e11\"", 304),
        ("\"other\"", 200),
    ] {
        let again = server.send(&format!("GET /\nif-none-match: {tags}")).await;
        assert_eq!(again.status, status, "{tags}");
        assert_eq!(again.header("etag"), Some("\"5e11\""));
        assert_eq!(again.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn an_asset_is_kept_for_a_year_in_the_form_that_its_client_takes() {
    let server = with_pages(GatewayConfig::default()).await;
    for (takes, body, coding, tag) in [
        ("gzip, deflate, br", "by brotli", Some("br"), "\"a991-br\""),
        ("gzip", "plain", Some("gzip"), "\"a991-gz\""),
        ("br;q=0, gzip;q=0.5", "plain", Some("gzip"), "\"a991-gz\""),
        ("identity", "plain", None, "\"a991\""),
    ] {
        let request = format!("GET /assets/app-1.js\naccept-encoding: {takes}");
        let answer = server.send(&request).await;
        assert_eq!((answer.status, &*answer.body), (200, body), "{takes}");
        assert_eq!(answer.header("content-encoding"), coding, "{takes}");
        assert_eq!(answer.header("etag"), Some(tag), "{takes}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        let kept = answer.header("cache-control").expect("how long");
        assert_eq!(kept, "public, max-age=31536000, immutable");
        let content_type = answer.header("content-type");
        assert_eq!(content_type, Some("text/javascript; charset=utf-8"));
    }
    let icon = server.send("GET /icon.svg").await;
    assert_eq!(
        (icon.status, icon.header("cache-control")),
        (200, Some("no-cache"))
    );
    let missing = server.send("GET /assets/app-0.js").await;
    missing.problem(404, "not-found");
    assert_eq!(missing.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_worker_for_all_pages_is_asked_for_anew_and_reaches_no_further_than_they() {
    let server = with_pages(GatewayConfig::default()).await;
    let worker = server.send("GET /service-worker.js").await;
    assert_eq!((worker.status, &*worker.body), (200, "worker"));
    // A browser looks for a newer one with each page; a year would be a year of old pages.
    assert_eq!(worker.header("cache-control"), Some("no-cache"));
    let content_type = worker.header("content-type");
    assert_eq!(content_type, Some("text/javascript; charset=utf-8"));
    let policy = worker.header("content-security-policy").expect("a policy");
    assert!(policy.contains("connect-src 'self'"), "{policy}");
    let shell = server.send("GET /kitchen/napoli").await;
    let policy = shell.header("content-security-policy").expect("a policy");
    assert!(policy.contains("worker-src 'self'"), "{policy}");
    let again = "GET /service-worker.js\nif-none-match: \"5e24\"";
    assert_eq!(server.send(again).await.status, 304);
}

#[tokio::test]
async fn a_head_of_a_page_has_no_body() {
    let server = with_pages(GatewayConfig::default()).await;
    let mut connection = server.connect().await;
    connection.write("HEAD /", b"").await;
    let head = connection.read_head().await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length = format!("content-length: {}\r\n", SHELL.len());
    assert!(
        head.contains(&length) && head.contains("etag: \"5e11\""),
        "{head}"
    );
    // What follows on the connection is the next answer, and no body.
    connection.write("GET /health/live", b"").await;
    assert_eq!(connection.read().await.json()["status"], "live");
}

#[tokio::test]
async fn without_pages_there_are_none() {
    let server = Server::start().await;
    server.send("GET /").await.problem(404, "not-found");
    server
        .send("GET /assets/x.js")
        .await
        .problem(404, "not-found");
    let told = server.send("GET /api/session").await;
    assert_eq!(told.json()["ui"], "absent");
    assert_eq!(told.header("x-pizza-version"), Some("0.1.0"));
}

#[tokio::test]
async fn large_json_is_packed_for_those_who_take_it() {
    let server = Server::start().await;
    let packed = "GET /openapi.json\naccept-encoding: gzip, br";
    let mut connection = server.connect().await;
    connection.write(packed, b"").await;
    let head = connection.read_head().await.to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(head.contains("vary: accept-encoding\r\n"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.expect("a length").trim().parse().expect("a number");
    let mut bytes = vec![0; length];
    connection.read_raw(&mut bytes).await.expect("a whole body");
    let mut plain = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
    std::io::Read::read_to_string(&mut decoder, &mut plain).expect("gzip");
    let whole = server.send("GET /openapi.json").await;
    assert_eq!(whole.header("content-encoding"), None);
    assert_eq!(plain, whole.body);
    assert!(length * 4 < plain.len(), "{length} of {}", plain.len());
    let small = server.send("GET /health/live\naccept-encoding: gzip").await;
    assert_eq!(small.header("content-encoding"), None);
}
