//! What is said on the command line of TLS to the store that silos share.

use std::path::PathBuf;

use clap::Args;
use pizza_silo::ClusterConfig;

#[derive(Args)]
pub(crate) struct StoreTlsArgs {
    /// With rediss://: the authority that vouches for servers, in PEM [default: those that this machine
    /// trusts]
    #[arg(long, env = "PIZZA_CLUSTER_STORE_CA", value_name = "FILE")]
    cluster_store_ca: Option<PathBuf>,
    /// With rediss://: the certificate that servers are shown, in PEM [default: none]
    #[arg(long, env = "PIZZA_CLUSTER_STORE_CERTIFICATE", value_name = "FILE")]
    cluster_store_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, env = "PIZZA_CLUSTER_STORE_KEY", value_name = "FILE")]
    cluster_store_key: Option<PathBuf>,
    /// With rediss://: the name that the certificate of each server has [default: the host at which it
    /// is found]
    #[arg(long, env = "PIZZA_CLUSTER_STORE_NAME", value_name = "NAME")]
    cluster_store_name: Option<String>,
}

impl StoreTlsArgs {
    pub(crate) fn are_used(&self) -> bool {
        let files = [
            &self.cluster_store_ca,
            &self.cluster_store_certificate,
            &self.cluster_store_key,
        ];
        files.iter().any(|file| file.is_some()) || self.cluster_store_name.is_some()
    }

    pub(crate) fn set(self, cluster: &mut ClusterConfig) {
        if !self.are_used() {
            return;
        }
        let tls = cluster.store_tls.get_or_insert_default();
        tls.ca = self.cluster_store_ca.or_else(|| tls.ca.take());
        let certificate = self.cluster_store_certificate;
        tls.certificate = certificate.or_else(|| tls.certificate.take());
        tls.key = self.cluster_store_key.or_else(|| tls.key.take());
        tls.name = self.cluster_store_name.or_else(|| tls.name.take());
    }
}
