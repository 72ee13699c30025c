use super::*;
use hyper::Request;

/// A request line and headers, separated by `|`.
fn head(text: &str) -> Parts {
    let mut parts = text.split('|');
    let line: Vec<&str> = parts.next().expect("a line").split(' ').collect();
    let mut request = Request::builder().method(line[0]).uri(line[1]);
    if line.get(2) == Some(&"HTTP/1.0") {
        request = request.version(Version::HTTP_10);
    }
    for header in parts {
        let (name, value) = header.split_once(": ").expect("a header");
        request = request.header(name, value);
    }
    request.body(()).expect("a request").into_parts().0
}

fn admission() -> Admission {
    let origin = "https://shop.example".to_owned();
    Admission {
        tokens_optional: true,
        hosts: vec![HostName("pizza.lan".to_owned())],
        origins: vec![Origin::try_from(origin).expect("an origin")],
    }
}

fn check(request: &str, expected: &str) {
    let said = match admission().check(&head(request)) {
        Ok(()) => "passes".to_owned(),
        Err(refusal) => format!("{refusal:?}"),
    };
    assert!(said.starts_with(expected), "{request}: {said}");
}

#[test]
fn only_this_machine_is_asked_without_a_token() {
    for host in [
        "localhost",
        "LOCALHOST:5000",
        "127.0.0.1:5000",
        "127.8.9.1",
        "[::1]:5000",
        "[::ffff:127.0.0.1]",
        "pizza.lan:80",
        "Pizza.LAN",
    ] {
        check(&format!("POST /api|host: {host}"), "passes");
    }
    for host in [
        "evil.example:5000",
        "0.0.0.0:5000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.0.2.1",
        "[fe80::1]",
        "128.0.0.1",
        "xpizza.lan",
    ] {
        check(&format!("GET /api|host: {host}"), "OtherHost");
        let with_token = format!("GET /api|host: {host}|authorization: Bearer x");
        check(&with_token, "passes");
    }
}

#[test]
fn a_request_is_for_one_host() {
    check("GET /|host: localhost|host: localhost", "HostCount(2)");
    check("GET /|host: localhost, evil.example", "HostUnreadable");
    check("GET /|host: me@localhost", "HostUnreadable");
    check("GET /|host: ", "HostUnreadable");
    check("GET /", "HostCount(0)");
    check("GET / HTTP/1.0", "passes");
    check("GET http://localhost/|host: localhost", "passes");
    check("GET http://evil.example/|host: localhost", "HostTwice");
    // As HTTP/2 has it.
    check("GET https://localhost:5001/", "passes");
    check("GET https://evil.example/", "OtherHost");
}

#[test]
fn a_strangers_page_changes_nothing_and_listens_to_nothing() {
    let strange = [
        "origin: http://evil.example",
        "origin: null",
        "origin: http://localhost:3000",
        "origin: http://localhost:5000|origin: http://localhost:5000",
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
        "sec-fetch-site: what-comes-next",
        "origin: http://localhost:5000|sec-fetch-site: cross-site",
    ];
    let asks = [
        "POST /api|host: localhost:5000",
        "DELETE /api|host: localhost:5000|authorization: Bearer x",
        "PIZZA /api|host: localhost:5000",
        "GET /api|host: localhost:5000|upgrade: websocket",
        "GET /api|host: localhost:5000|accept: a/b, Text/Event-Stream",
    ];
    for ask in asks {
        for page in strange {
            check(&format!("{ask}|{page}"), "OtherOrigin");
        }
        for page in [
            "origin: http://localhost:5000|sec-fetch-site: same-origin",
            "sec-fetch-site: none",
            "origin: https://shop.example|sec-fetch-site: cross-site",
            "origin: https://shop.example:443",
            // A program, not a browser.
            "user-agent: curl/8.14.1",
        ] {
            check(&format!("{ask}|{page}"), "passes");
        }
    }
    // To look is no harm: what a page gets to see is the browser's business.
    for page in strange {
        check(&format!("GET /api|host: localhost:5000|{page}"), "passes");
        let request = head(&format!("GET /api|host: localhost:5000|{page}"));
        assert!(admission().check_page(&request).is_err(), "{page}");
    }
}

#[test]
fn a_host_is_a_name_without_a_port() {
    for (text, is_name) in [
        ("pizza.example", true),
        ("192.0.2.1", true),
        ("[2001:db8::1]", true),
        ("pizza.example:80", false),
        ("https://pizza.example", false),
        ("pizza.example/", false),
        ("", false),
    ] {
        let name = HostName::try_from(text.to_owned());
        assert_eq!(name.is_ok(), is_name, "{text}");
    }
}
