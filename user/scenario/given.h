/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that --device NAME=BDF gives to the names of scenarios: exactly these, or none. */
#ifndef ATCQ_SCENARIO_GIVEN_H
#define ATCQ_SCENARIO_GIVEN_H

#include "lib/options.h"
#include "scenario.h"
#include "source/inventory.h"

struct given {
	struct {
		char name[24];
		char bdf[16];
	} dev[OPT_LIST_MAX];
	size_t n;
};

/* Reads the values of --device; 0, or -EINVAL with a sentence: no NAME=BDF, or one of both twice */
int given__parse(struct given *g, const struct opt_list *list, struct error *err);

/* Has @s each name that a device is given to, for one device? 0, or -EINVAL with a sentence */
int given__check_names(const struct given *g, const struct scenario *s, struct error *err);

/* Is each device there, and of the kind that @s asks for? 0, or -EINVAL with a sentence */
int given__check_devices(const struct given *g, const struct scenario *s, const struct inventory *inv,
			 struct error *err);

/* The address that was given to @name, or NULL */
const char *given__bdf(const struct given *g, const char *name);
/* Was @bdf given, to whatever name? */
bool given__has(const struct given *g, const char *bdf);

/* Can @d be what a scenario asks for? */
bool want__fits(const struct want *w, const struct device *d);

#endif
