//! Silos of different programs.

use pizza_cluster::transport::frame::Welcome;
use pizza_cluster::transport::{Error, Limits, Settings, Versions};
use pizza_cluster::{LinkError, Network as _};

use crate::fixture::{Counting, Serving, ask_for, b, hello, not_sent, read_frame, write_frame};

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
    for (oldest, newest, expected) in [(1, 1, 1), (1, 2, 2), (2, 7, 2)] {
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
        (Settings::default(), speaking(2, 3)),
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
