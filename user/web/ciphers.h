/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Go's names of cipher suites and curves, and what GnuTLS calls them.  GnuTLS is told
 * key exchanges and ciphers and offers each with each, so a list that would let in more than it
 * says is refused.
 */
#ifndef ATCQ_WEB_CIPHERS_H
#define ATCQ_WEB_CIPHERS_H

#include "config.h"

/* NULL: Go's tls.CipherSuites() has no such name, or the curve is not known */
const struct cipher_suite *cipher_suite__find(const char *name);
const struct curve *curve__find(const char *name);

/* All names, each with a NULL at the end: for suggestions */
const char *const *cipher_suite__names(void);
const char *const *curve__names(void);

/*
 * GnuTLS' priority string for @tls. 0, or -EINVAL with a sentence in @err: GnuTLS
 * cannot do just this.
 */
int tls__priorities(const struct tls_config *tls, char *out, size_t outlen, char *err, size_t errlen);

#endif
