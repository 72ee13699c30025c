//! Silos of different programs.

use pizza_cluster::transport::frame::{Agreed, Answered, Asked, Hello, Welcome};
use pizza_cluster::transport::{Error, Limits, Settings, Versions};
use pizza_cluster::{LinkError, Network as _, Request, Response};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::fixture::{
    Counting, Serving, ask_for, b, hello, links, not_sent, read_frame, write_frame,
};

fn speaking(oldest: u16, newest: u16) -> Settings {
    let versions = Versions { oldest, newest };
    Settings {
        versions,
        ..Settings::default()
    }
}

#[tokio::test]
async fn the_highest_common_version_is_spoken() {
    let serving = Serving::begin(Counting::new(100), Settings::default(), None).await;
    for (oldest, newest, expected) in [(1, 1, 1), (1, 2, 2), (2, 7, 3)] {
        let mut peer = serving.raw().await;
        write_frame(&mut peer, &hello(oldest, newest)).await;
        let version = match read_frame(&mut peer).await {
            // The first version knows no other welcome.
            Welcome::Speak(version) => {
                assert_eq!(version, 1);
                version
            }
            Welcome::Agreed(agreed) => {
                assert_eq!(agreed.limits, Limits::default());
                agreed.version
            }
            Welcome::Refused(why) => panic!("{why}"),
        };
        assert_eq!(version, expected, "{oldest} to {newest}");
    }
}

/// One version back, both ways, is served.
#[tokio::test]
async fn an_older_and_a_newer_silo_ask_each_other() {
    for (of_b, of_a) in [
        (speaking(1, 1), Settings::default()),
        (Settings::default(), speaking(1, 1)),
        (speaking(1, 2), Settings::default()),
        (Settings::default(), speaking(2, 4)),
    ] {
        let serving = Serving::begin(Counting::new(100), of_b, None).await;
        let response = serving.links(of_a, None).ask(&b(), ask_for(10)).await;
        assert!(response.is_ok(), "{of_b:?} {of_a:?} {response:?}");
    }
}

#[tokio::test]
async fn without_a_common_version_both_hear_both_ranges() {
    for (of_b, of_a) in [((1, 2), (3, 4)), ((3, 4), (1, 2))] {
        let settings = speaking(of_b.0, of_b.1);
        let mut serving = Serving::begin(Counting::new(100), settings, None).await;
        let detail = not_sent(&serving.links(speaking(of_a.0, of_a.1), None)).await;
        let error = serving.how_it_ended().await.expect_err("refused");
        assert!(matches!(error, Error::NoCommonVersion { .. }), "{error:?}");
        assert!(
            detail.contains("1 to 2") && detail.contains("3 to 4"),
            "{detail}"
        );
        assert_eq!(serving.service.asked(), 0);
    }
}

/// An answer that is too large is told in the second version; the first one had no word for it,
/// and ended the connection.
#[tokio::test]
async fn an_answer_that_is_too_large_is_said_in_each_versions_words() {
    let limits = Limits {
        frame_bytes_max: 100_000,
        ..Limits::default()
    };
    for (newest, expected) in [(2, true), (1, false)] {
        let settings = Settings {
            limits,
            ..speaking(1, newest)
        };
        let serving = Serving::begin(Counting::new(100), settings, None).await;
        let links = serving.links(Settings::default(), None);
        let response = links.ask(&b(), ask_for(200_000)).await;
        let told = matches!(response, Err(LinkError::ResponseTooLarge { .. }));
        assert_eq!(told, expected, "{response:?}");
        assert!(expected || matches!(response, Err(LinkError::Lost { .. })));
    }
}

/// Frames of a program that is newer than this one.
#[derive(Serialize)]
struct NewerAsked {
    number: u64,
    request: &'static str,
}

#[derive(Serialize)]
struct NewerAnswered {
    number: u64,
    response: &'static str,
}

/// A request that came later is not sent to an older silo, which would end the connection.
#[tokio::test]
async fn what_an_older_silo_does_not_know_is_not_asked_of_it() {
    let mut serving = Serving::begin(Counting::new(100), speaking(1, 1), None).await;
    let links = serving.links(Settings::default(), None);
    for _ in 0..3 {
        let answer = links.ask(&b(), Request::Load).await;
        let not_understood = Err(LinkError::NotUnderstood {
            to: b(),
            version: 1,
        });
        assert_eq!(answer.map(drop), not_understood);
        assert!(links.ask(&b(), ask_for(1)).await.is_ok());
    }
    assert_eq!(serving.service.asked(), 3);
    assert!(serving.ended.try_recv().is_err(), "the connection goes on");
}

/// Whoever asks it all the same, as a silo without the table would, loses the connection in the older
/// versions, and is answered in the third.
#[tokio::test]
async fn who_asks_what_was_not_agreed_on_is_told_in_each_versions_words() {
    for (newest, is_answered) in [(1, false), (2, false), (3, true)] {
        let mut serving = Serving::begin(Counting::new(100), Settings::default(), None).await;
        let mut peer = serving.raw().await;
        write_frame(&mut peer, &hello(1, newest)).await;
        let _: Welcome = read_frame(&mut peer).await;
        let (number, request) = (7, "Whither");
        write_frame(&mut peer, &NewerAsked { number, request }).await;
        if is_answered {
            let answered: Answered = read_frame(&mut peer).await;
            assert_eq!(answered.number, 7);
            assert_eq!(answered.not_understood, Some(Versions::SPOKEN));
            assert!(serving.ended.try_recv().is_err(), "the connection goes on");
        } else {
            let error = serving.how_it_ended().await.expect_err("not understood");
            assert!(matches!(error, Error::NotUnderstood(_)), "{error:?}");
        }
    }
    // One that this program knows, and the agreed version does not.
    let mut serving = Serving::begin(Counting::new(100), Settings::default(), None).await;
    let mut peer = serving.raw().await;
    write_frame(&mut peer, &hello(1, 1)).await;
    let _: Welcome = read_frame(&mut peer).await;
    let (number, request) = (8, Request::Load);
    write_frame(&mut peer, &Asked { number, request }).await;
    let error = serving.how_it_ended().await.expect_err("not agreed on");
    assert!(
        matches!(error, Error::NotAgreed { version: 1 }),
        "{error:?}"
    );
}

/// What a newer silo says in words of its own is nothing for one request, and no harm to the others.
#[tokio::test]
async fn an_answer_that_is_not_understood_ends_its_request_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let newer = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.expect("a connection");
        let _: Hello = read_frame(&mut peer).await;
        let (version, limits) = (3, Limits::default());
        write_frame(&mut peer, &Welcome::Agreed(Agreed { version, limits })).await;
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let asked: Asked = read_frame(&mut peer).await;
            numbers.push(asked.number);
        }
        for (number, response) in numbers.into_iter().zip(["Thither", "Done"]) {
            write_frame(&mut peer, &NewerAnswered { number, response }).await;
        }
        peer
    });
    let links = links(address, Settings::default(), None);
    let to = b();
    let (first, second) =
        futures_util::join!(links.ask(&to, Request::Load), links.ask(&to, Request::Load));
    assert!(matches!(first, Err(LinkError::Lost { .. })), "{first:?}");
    assert!(matches!(second, Ok(Response::Done)), "{second:?}");
    drop(newer.await.expect("it has answered"));
}
