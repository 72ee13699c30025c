//! Why a connection cannot be had, or ends.

use std::io;

use pizza_types::SiloId;
use tokio_rustls::rustls::{self, AlertDescription, InvalidMessage};
use tokio_util::codec::LengthDelimitedCodecError;

use super::versions::Versions;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    #[error("the other side has ended the connection")]
    Ended,
    #[error("{what} took longer than {ms} ms")]
    TimedOut { what: &'static str, ms: u64 },
    #[error("nothing was heard of the other side for {ms} ms")]
    Silent { ms: u64 },
    #[error("the other side has taken nothing of its answers for {ms} ms")]
    Stalled { ms: u64 },
    #[error("{max} connections are being greeted already")]
    Crowded { max: usize },
    #[error(
        "{address} answers without TLS, which [silo.cluster.tls] asks for here: all silos of a cluster \
         need that section, or none"
    )]
    AnswersPlain { address: String },
    #[error(
        "this silo speaks TLS alone and was asked without it: all silos of a cluster need \
         [silo.cluster.tls], or none"
    )]
    AskedPlain,
    #[error(
        "this silo was asked for TLS and has none: all silos of a cluster need [silo.cluster.tls], or none"
    )]
    AskedForTls,
    /// By this silo. What is wrong with it is in the source: its authority, its time, its name.
    #[error("the certificate of the other side is refused: {0}")]
    CertificateRefused(#[source] rustls::Error),
    /// By the other side, which says no more than an alert of TLS (RFC 8446, 6.2).
    #[error(
        "the other side refuses the certificate of this silo ({alert:?}): look at `certificate` in \
         [silo.cluster.tls], its authority and its dates"
    )]
    OurCertificateRefused { alert: AlertDescription },
    #[error("no TLS with the other side: {0}")]
    Tls(#[source] rustls::Error),
    #[error("{address} has no host that a certificate could be for")]
    NoHost { address: String },
    #[error(
        "this silo speaks versions {ours} of the protocol, {of} speaks {theirs}: none in common"
    )]
    NoCommonVersion {
        ours: Versions,
        theirs: Versions,
        of: SiloId,
    },
    #[error("this is silo {me}, not {taken_for}")]
    AnotherSilo { me: SiloId, taken_for: SiloId },
    #[error("the other side refuses the connection: {0}")]
    Refused(String),
    #[error("a frame of {bytes} bytes; {bytes_max} are allowed")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("the other side announces a frame of more than the {bytes_max} bytes that are allowed")]
    AnnouncedTooLarge { bytes_max: usize },
    #[error("a frame is not understood: {0}")]
    NotUnderstood(#[source] rmp_serde::decode::Error),
    #[error("a request that version {version} of the protocol does not have, which was agreed on")]
    NotAgreed { version: u16 },
    #[error("it cannot be put into a frame: {0}")]
    NotSayable(#[source] rmp_serde::encode::Error),
}

impl From<io::Error> for Error {
    /// What streams and codecs say of TLS, of lengths and of the end is inside of an `io::Error`.
    fn from(error: io::Error) -> Self {
        let inner = error.get_ref();
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::of_tls(tls.clone());
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Ended;
        }
        Self::Io(error)
    }
}

impl Error {
    /// Whether somebody has to change something. Otherwise silos come and go, connections break, and
    /// strangers knock.
    #[must_use]
    pub fn is_to_be_mended(&self) -> bool {
        match self {
            Self::AnswersPlain { .. }
            | Self::AskedPlain
            | Self::AskedForTls
            | Self::CertificateRefused(_)
            | Self::OurCertificateRefused { .. }
            | Self::Tls(_)
            | Self::NoHost { .. }
            | Self::NoCommonVersion { .. }
            | Self::Refused(_) => true,
            Self::Io(_)
            | Self::Ended
            | Self::TimedOut { .. }
            | Self::Silent { .. }
            | Self::Stalled { .. }
            | Self::Crowded { .. }
            | Self::AnotherSilo { .. }
            | Self::TooLarge { .. }
            | Self::AnnouncedTooLarge { .. }
            | Self::NotUnderstood(_)
            | Self::NotAgreed { .. }
            | Self::NotSayable(_) => false,
        }
    }

    /// As `from`, of a connection whose frames have at most so many bytes.
    pub(super) fn of_frames(error: io::Error, bytes_max: usize) -> Self {
        let inner = error.get_ref();
        if inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<LengthDelimitedCodecError>)
        {
            return Self::AnnouncedTooLarge { bytes_max };
        }
        error.into()
    }

    fn of_tls(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
                Self::CertificateRefused(error)
            }
            rustls::Error::AlertReceived(alert) if is_of_certificates(alert) => {
                Self::OurCertificateRefused { alert }
            }
            error => Self::Tls(error),
        }
    }

    /// What was read is nothing of TLS.
    pub(super) fn is_no_tls(error: &io::Error) -> bool {
        let inner = error.get_ref();
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        matches!(
            tls,
            Some(rustls::Error::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion
            ))
        )
    }
}

fn is_of_certificates(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
    )
}
