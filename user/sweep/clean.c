// SPDX-License-Identifier: GPL-2.0-only
#include "mend.h"
#include "sweep.h"

bool sweep__clean(const struct plan *plan, char *why, size_t len)
{
	for (size_t i = 0; i < plan->inv->ndev; i++) {
		const char *bdf = plan->inv->dev[i].bdf;

		if (!plan->affected[i])
			continue;
		/* Not all that an SMMU serves has to be reset, nor can be */
		if (!(plan->hit[i] && plan->inv->dev[i].ats != ATS_UNSUPPORTED) && !mend__trouble(bdf))
			continue;
		if (!mend__device(bdf, why, len))
			return false;
	}
	return true;
}
