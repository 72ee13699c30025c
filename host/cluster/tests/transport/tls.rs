//! Who is let in, and what those hear who are not.

use pizza_cluster::transport::{Error, Settings, Tls};
use pizza_cluster::{Network as _, Response};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

use crate::certificates::{Authority, Silo};
use crate::fixture::{Counting, Serving, ask_for, b, dial, long_request, not_sent};

const HOST: &str = "127.0.0.1";

async fn serving(tls: Option<Tls>) -> Serving {
    Serving::begin(Counting::new(100), Settings::default(), tls).await
}

/// What `b` and `a` hear when `a` is not let in; nothing is delivered.
async fn refused(of_b: Option<Tls>, of_a: Option<Tls>) -> (Error, String) {
    let mut serving = serving(of_b).await;
    let detail = not_sent(&serving.links(Settings::default(), of_a)).await;
    let error = serving.how_it_ended().await.expect_err("refused");
    assert_eq!(serving.service.asked(), 0);
    (error, detail)
}

fn silo(ca: &Authority) -> Silo {
    Silo::new(&ca.sign(HOST), ca)
}

#[tokio::test]
async fn silos_of_one_authority_speak() {
    let ca = Authority::new();
    let (of_a, of_b) = (silo(&ca), silo(&ca));
    let serving = serving(Some(of_b.tls())).await;
    let links = serving.links(Settings::default(), Some(of_a.tls()));
    let response = links.ask(&b(), long_request(300_000)).await;
    assert!(matches!(response, Ok(Response::Done)), "{response:?}");
    let response = links.ask(&b(), ask_for(300_000)).await;
    let Ok(Response::Reply(reply)) = response else {
        panic!("{response:?}")
    };
    assert_eq!(reply.body.len(), 300_000);
    assert_eq!(serving.service.asked(), 2);
}

#[tokio::test]
async fn a_client_of_another_authority_is_refused() {
    let (ca, other) = (Authority::new(), Authority::new());
    let of_a = Silo::new(&other.sign(HOST), &ca);
    let (error, detail) = refused(Some(silo(&ca).tls()), Some(of_a.tls())).await;
    let expected = matches!(
        error,
        Error::CertificateRefused(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature
        ))
    );
    assert!(expected, "{error:?}");
    assert!(
        detail.contains("refuses the certificate of this silo"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused() {
    let (ca, other) = (Authority::new(), Authority::new());
    let of_b = Silo::new(&other.sign(HOST), &ca);
    let (error, detail) = refused(Some(of_b.tls()), Some(silo(&ca).tls())).await;
    assert!(
        matches!(error, Error::OurCertificateRefused { .. }),
        "{error:?}"
    );
    assert!(
        detail.contains("certificate of the other side is refused"),
        "{detail}"
    );
}

#[tokio::test]
async fn who_shows_no_certificate_is_refused() {
    let ca = Authority::new();
    let of_a = silo(&ca);
    let of_a = of_a.tls_without_certificate();
    let (error, detail) = refused(Some(silo(&ca).tls()), Some(of_a)).await;
    let expected = Error::CertificateRefused(rustls::Error::NoCertificatesPresented);
    assert_eq!(error.to_string(), expected.to_string());
    let alert = format!("{:?}", AlertDescription::CertificateRequired);
    assert!(detail.contains(&alert), "{detail}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_on_either_side() {
    let ca = Authority::new();
    let expired = Silo::new(&ca.sign_expired(HOST), &ca);
    let (error, detail) = refused(Some(silo(&ca).tls()), Some(expired.tls())).await;
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(detail.contains("CertificateExpired"), "{detail}");
    let (error, detail) = refused(Some(expired.tls()), Some(silo(&ca).tls())).await;
    let told = matches!(
        error,
        Error::OurCertificateRefused {
            alert: AlertDescription::CertificateExpired
        }
    );
    assert!(told, "{error:?}");
    assert!(detail.contains("expired"), "{detail}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let ca = Authority::new();
    let of_b = Silo::new(&ca.sign("silo-9.internal"), &ca);
    let (error, detail) = refused(Some(of_b.tls()), Some(silo(&ca).tls())).await;
    assert!(
        matches!(error, Error::OurCertificateRefused { .. }),
        "{error:?}"
    );
    assert!(
        detail.contains("certificate of the other side is refused"),
        "{detail}"
    );
}

/// With a name of all silos, a certificate that the same authority gave to something else lets
/// nobody in, and addresses do not matter.
#[tokio::test]
async fn where_silos_have_a_name_others_of_the_authority_are_refused() {
    let ca = Authority::new();
    let (one, other) = (Silo::new(&ca.sign("pizza-silo"), &ca), silo(&ca));
    let (one, other) = (one.tls_named("pizza-silo"), other.tls_named("pizza-silo"));
    let serving = serving(Some(one.clone())).await;
    let links = serving.links(Settings::default(), Some(one.clone()));
    let response = links.ask(&b(), ask_for(1)).await;
    assert!(matches!(response, Ok(Response::Reply(_))), "{response:?}");
    let (error, detail) = refused(Some(one.clone()), Some(other.clone())).await;
    assert!(matches!(error, Error::CertificateRefused(_)), "{error:?}");
    assert!(
        detail.contains("certificate of the other side is refused"),
        "{detail}"
    );
    let (error, _) = refused(Some(other), Some(one)).await;
    assert!(
        matches!(error, Error::OurCertificateRefused { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn tls_and_plain_tell_each_other_so() {
    let ca = Authority::new();
    let (error, detail) = refused(Some(silo(&ca).tls()), None).await;
    assert!(matches!(error, Error::AskedPlain), "{error:?}");
    assert!(detail.contains("speaks TLS alone"), "{detail}");
    let (error, detail) = refused(None, Some(silo(&ca).tls())).await;
    assert!(matches!(error, Error::AskedForTls), "{error:?}");
    assert!(detail.contains("answers without TLS"), "{detail}");
    let serving = serving(None).await;
    let (dial, address) = (dial(Some(silo(&ca).tls())), serving.address.to_string());
    let error = dial.dial(&address).await.err().expect("refused");
    assert!(matches!(error, Error::AnswersPlain { .. }), "{error:?}");
}

/// A new authority comes while old connections go on; who has nothing of it is refused.
#[tokio::test]
async fn renewed_files_count_for_the_next_connection() {
    let (ca, next) = (Authority::new(), Authority::new());
    let (of_a, of_b) = (silo(&ca), silo(&ca));
    let mut serving = serving(Some(of_b.tls())).await;
    let before = serving.links(Settings::default(), Some(of_a.tls()));
    assert!(before.ask(&b(), ask_for(1)).await.is_ok());
    of_b.renew(&next.sign(HOST));
    of_b.believe(&next);
    let detail = not_sent(&serving.links(Settings::default(), Some(of_a.tls()))).await;
    assert!(
        detail.contains("certificate of the other side is refused"),
        "{detail}"
    );
    assert!(serving.how_it_ended().await.is_err());
    let tls = of_a.tls();
    of_a.renew(&next.sign(HOST));
    of_a.believe(&next);
    let after = serving.links(Settings::default(), Some(tls));
    for links in [&after, &before] {
        let response = links.ask(&b(), ask_for(1)).await;
        assert!(response.is_ok(), "{response:?}");
    }
    assert!(
        serving.ended.try_recv().is_err(),
        "nothing that was open has ended"
    );
}
