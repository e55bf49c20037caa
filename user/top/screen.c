// SPDX-License-Identifier: GPL-2.0-only
#include <curses.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"

#define PAGE 10

static const char *const help[] = {
	"s     sort by: device, state, latest incident, name",
	"r     reverse the order",
	"/     show devices only whose address, name, driver or state has this text",
	"p     pause: look at one moment; events are counted all the same",
	"Up Down PgUp PgDn Home   move through the list",
	"h     this help, and back",
	"q     quit",
	NULL
};

/* What the keys are about just now */
static enum { MODE_LIST, MODE_HELP, MODE_FILTER } mode;

int screen__open(void)
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

void screen__close(void)
{
	if (stdscr && !isendwin())
		endwin();
}

struct cursor {
	int y;
};

static void put(void *ctx, enum top_kind kind, const char *text)
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

void screen__draw(const struct top *t, struct top_view *v)
{
	struct cursor c = { 0 };
	size_t shown;

	erase();
	if (mode == MODE_HELP) {
		draw_help();
	} else {
		shown = top__lines(t, v, LINES > 1 ? LINES - 1 : 1, COLS, put, &c);
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

bool screen__keys(struct top_view *v)
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
