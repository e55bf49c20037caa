/* SPDX-License-Identifier: GPL-2.0-only */
/* TLS as a web-config asks for it: files that it names, and what is asked of clients. */
#ifndef ATCQ_WEB_TLS_H
#define ATCQ_WEB_TLS_H

#include <gnutls/gnutls.h>

#include "config.h"

struct tls {
	char *cert, *key, *trust;	/* PEM; trust NULL: no client_ca_file */
	char priorities[512];
	const struct tls_config *config;	/* borrowed */
};

/* Reads and checks the files. 0, or -errno with a sentence in @err that names the file */
int tls__open(struct tls *tls, const struct tls_config *config, char *err, size_t errlen);
void tls__close(struct tls *tls);	/* zeroed is fine */

/*
 * Asks the client of a new @session for what it has to show; @fn is called with that, and
 * should call tls__verify(). 0: the client may go on; -1: GnuTLS tells it no.
 */
void tls__session(const struct tls *tls, gnutls_session_t session, gnutls_certificate_verify_function *fn);
int tls__verify(const struct tls *tls, gnutls_session_t session);

#endif
