// SPDX-License-Identifier: GPL-2.0-only
/* atcq top: the picture on a terminal, or as lines. */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/monitor.h"
#include "top.h"

#define PAGE 10

static const char *const help[] = {
	"s     sort by: device, state, latest incident, name",
	"r     reverse the order",
	"/     show devices only whose address, name, driver or state has this text",
	"p     pause: keep this picture; events are still counted",
	"Up Down PgUp PgDn Home   move through the list",
	"h     this help, and back",
	"q     quit",
	NULL
};

/* What keys do at the moment */
static enum { MODE_LIST, MODE_HELP, MODE_FILTER } mode;

/* 0, or -ENOTTY: standard input and output are no terminal, or one of an unknown type */
static int screen__open(void)
{
	/* initscr() would end the process where it does not know the terminal */
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin))
		return -ENOTTY;
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	set_escdelay(25);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(TOP_ALERT, COLOR_RED, -1);
	}
	return 0;
}

/* Gives the terminal back as it was; does nothing if it is not open */
static void screen__close(void)
{
	if (stdscr && !isendwin())
		endwin();
}

struct cursor {
	int y;
};

static void draw_line(void *ctx, enum top_kind kind, const char *text)
{
	struct cursor *c = ctx;
	attr_t attr = kind == TOP_HEAD ? A_REVERSE : kind == TOP_TITLE ? A_BOLD :
		      kind == TOP_ALERT ? A_BOLD | COLOR_PAIR(TOP_ALERT) : A_NORMAL;

	attrset(attr);
	mvaddstr(c->y, 0, text);
	if (kind == TOP_HEAD)
		for (int x = strlen(text); x < COLS; x++)
			addch(' ');
	attrset(A_NORMAL);
	c->y++;
}

static void draw_help(void)
{
	mvaddstr(0, 0, "atcq top: keys");
	for (int i = 0; help[i]; i++)
		mvaddstr(2 + i, 2, help[i]);
}

static void screen__draw(const struct top *t, struct top_view *v)
{
	struct cursor c = { 0 };
	size_t shown;

	erase();
	if (mode == MODE_HELP) {
		draw_help();
	} else {
		shown = top__lines(t, v, LINES > 1 ? LINES - 1 : 1, COLS, draw_line, &c);
		if (v->first && v->first >= shown)
			v->first = shown ? shown - 1 : 0;
	}
	if (mode == MODE_FILTER)
		mvprintw(LINES - 1, 0, "filter: %s_  (Enter: keep, Esc: none)", v->filter);
	else
		mvprintw(LINES - 1, 0, "q quit  s sort (%s)  r reverse  / filter  p pause  h help",
			 top_sorts[v->sort]);
	refresh();
}

static void filter_key(struct top_view *v, int key)
{
	size_t n = strlen(v->filter);

	if (key == '\n' || key == KEY_ENTER) {
		mode = MODE_LIST;
	} else if (key == 27) {
		v->filter[0] = '\0';
		mode = MODE_LIST;
	} else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && n) {
		v->filter[n - 1] = '\0';
	} else if (key >= ' ' && key < 127 && n + 1 < sizeof(v->filter)) {
		v->filter[n] = key;
		v->filter[n + 1] = '\0';
	}
	v->first = 0;
}

static void move_key(struct top_view *v, int key)
{
	size_t step = key == KEY_UP || key == KEY_DOWN ? 1 : PAGE;

	if (key == KEY_HOME)
		v->first = 0;
	else if (key == KEY_DOWN || key == KEY_NPAGE)
		v->first += step;
	else
		v->first -= step < v->first ? step : v->first;
}

/* True: quit */
static bool list_key(struct top_view *v, int key)
{
	switch (key) {
	case 'q':
		return true;
	case 's':
		v->sort = (v->sort + 1) % TOP_SORTS;
		break;
	case 'r':
		v->reverse = !v->reverse;
		break;
	case 'p': case ' ':
		v->paused = !v->paused;
		break;
	case '/':
		mode = MODE_FILTER;
		v->filter[0] = '\0';
		break;
	case 'h': case '?':
		mode = mode == MODE_HELP ? MODE_LIST : MODE_HELP;
		break;
	case KEY_UP: case KEY_DOWN: case KEY_PPAGE: case KEY_NPAGE: case KEY_HOME:
		move_key(v, key);
		break;
	default:
		break;
	}
	return false;
}

/* Handles all pending keys. Returns true if q was one of them */
static bool screen__keys(struct top_view *v)
{
	bool quit = false;
	int key;

	while ((key = getch()) != ERR && !quit) {
		if (mode == MODE_FILTER)
			filter_key(v, key);
		else
			quit = list_key(v, key);
	}
	return quit;
}

struct top_opts {
	uint64_t interval, count;
	const char *sort, *filter, *input;
	bool reverse, batch, json;
};

static const struct top_opts top_defaults = { .interval = 1000000000, .sort = "device" };

static const struct opt top_options[] = {
	{ "interval", 'd', OPT_DURATION, "TIME", "take a new picture this often (1s)", offsetof(struct top_opts, interval), 100000000, 3600000000000ull, NULL, false },
	{ "sort", 0, OPT_CHOICE, "KEY", "one of", offsetof(struct top_opts, sort), 0, 0, top_sorts, false },
	{ "reverse", 0, OPT_FLAG, NULL, "the other way round", offsetof(struct top_opts, reverse), 0, 0, NULL, false },
	{ "filter", 0, OPT_STRING, "TEXT", "only devices with TEXT in address, name, driver or state", offsetof(struct top_opts, filter), 0, 0, NULL, false },
	{ "input", 'i', OPT_STRING, "FILE", "show a recording's end instead, '-' from standard input", offsetof(struct top_opts, input), 0, 0, NULL, false },
	{ "batch", 'b', OPT_FLAG, NULL, "plain text, for files and pipes", offsetof(struct top_opts, batch), 0, 0, NULL, false },
	{ "json", 0, OPT_FLAG, NULL, "a JSON line a picture", offsetof(struct top_opts, json), 0, 0, NULL, false },
	{ "count", 'n', OPT_UINT, "N", "end after N pictures; without it: on q or Ctrl-C", offsetof(struct top_opts, count), 1, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	top__incident(ctx, inc, phase);
}

static void put(void *ctx, enum top_kind kind, const char *text)
{
	(void)kind;
	fprintf(ctx, "%s\n", text);
}

/* Shows the picture in the requested format; 0 or -errno */
static int show(const struct top_opts *o, const struct top *t, struct top_view *v)
{
	if (o->json)
		return top__json(stdout, t);
	if (!o->batch) {
		screen__draw(t, v);
		return 0;
	}
	top__lines(t, v, 0, SIZE_MAX, put, stdout);
	fprintf(stdout, "\n");
	return file__flush(stdout);
}

/* Events, keys and signals until the next picture is due; 0 or -errno */
static int wait_for_next(const struct top_opts *o, struct monitor *w, const struct top *t,
			 struct top_view *v, bool *quit)
{
	uint64_t due = clock__boottime_ns() + o->interval, now;
	struct pollfd fd[2] = {
		{ .fd = source__fd(w->src), .events = POLLIN },
		{ .fd = o->batch || o->json ? -1 : STDIN_FILENO, .events = POLLIN },
	};
	int ret = 0;

	while (!ret && !*quit && !process__interrupted() && (now = clock__boottime_ns()) < due) {
		/* A key that only part of has arrived gives no event, hence the short wait */
		if (poll(fd, 2, (due - now) / 1000000 < 100 ? (due - now) / 1000000 + 1 : 100) < 0 && errno != EINTR)
			return -errno;
		ret = monitor__poll(w, 0);
		if (fd[1].fd >= 0 && (fd[1].revents & POLLHUP))
			*quit = true;
		else if (fd[1].fd >= 0) {
			*quit = screen__keys(v);
			screen__draw(t, v);
		}
	}
	return ret;
}

static int run(const struct top_opts *o, struct monitor *w, struct top *t, struct top_view *v)
{
	bool quit = false, recorded = o->input;
	uint64_t shown = 0;
	int ret = 0;

	while (recorded && !ret && !process__interrupted() && !monitor__ended(w))
		ret = monitor__poll(w, 0);
	/* The first picture with rates is the second one */
	if (!recorded && (o->batch || o->json))
		ret = wait_for_next(o, w, t, v, &quit);
	while (!ret && !quit && !process__interrupted()) {
		if (!v->paused && !(recorded && shown))
			ret = top__update(t, w);
		if (!ret)
			ret = show(o, t, v);
		if (++shown == o->count || (recorded && (o->batch || o->json)))
			break;
		if (!ret)
			ret = wait_for_next(o, w, t, v, &quit);
	}
	return ret;
}

static int do_top(const void *opts, int argc, char **argv, char **command)
{
	const struct top_opts *o = opts;
	struct top_view v = { .reverse = o->reverse };
	struct top t = { 0 };
	struct monitor w;
	int ret;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_WARN, "top", o->json);
	if (o->filter && strlen(o->filter) >= sizeof(v.filter)) {
		log__error("--filter %s: longer than %zu characters", o->filter, sizeof(v.filter) - 1);
		return EXIT_USAGE;
	}
	snprintf(v.filter, sizeof(v.filter), "%s", o->filter ? o->filter : "");
	for (size_t i = 0; top_sorts[i]; i++)
		if (!strcmp(top_sorts[i], o->sort))
			v.sort = i;
	process__catch_signals();
	ret = monitor__open_file(&w, o->input, NULL, on_phase, &t);
	if (ret)
		goto close;
	ret = top__init(&t, &w);
	if (!ret && !o->batch && !o->json)
		ret = screen__open();
	if (ret == -ENOTTY) {
		log__error("this is no terminal, or one of an unknown type (TERM); --batch and --json need none");
		ret = EXIT_ENVIRONMENT;
		goto close;
	}
	if (!ret)
		ret = run(o, &w, &t, &v);
	screen__close();
	if (ret && ret != -EPIPE)
		log__error("%s", strerror(-ret));
	ret = ret && ret != -EPIPE ? EXIT_ENVIRONMENT : 0;
close:
	top__free(&t);
	monitor__close(&w);
	return ret;
}

const struct cmd cmd_top = {
	.usage.name = "top",
	.usage.summary = "a live view of all devices",
	.usage.args = "",
	.usage.about =
		"Devices behind SMMUv3s with their state, ATS, latest incident and armed faults;\n"
		"above them the rates and durations of CMD_SYNCs in the last interval, lost\n"
		"events, and what atcq itself costs. Keys: s sort, r reverse, / filter, p pause,\n"
		"h help, q quit. INC counts the incidents that were seen since the start. Of a\n"
		"recording it shows the devices as they were at its end, and rates over all of it.",
	.usage.opts = top_options,
	.usage.opts_size = sizeof(struct top_opts),
	.usage.defaults = &top_defaults,
	.usage.max_args = 0,
	.run = do_top,
};
