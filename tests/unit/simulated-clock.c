/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulated-clock.h"

#include <check.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base.h"

#define NSEC UINT64_C(1000000000)

static uint64_t skipped; /* nanoseconds */
static int timer = -1;   /* the loop's */
static uint64_t due;     /* when it is to wake it; 0: not at all */

static uint64_t real_nsec(clockid_t clock)
{
	struct timespec t = { 0 };

	syscall(SYS_clock_gettime, clock, &t);
	return (uint64_t)t.tv_sec * NSEC + (uint64_t)t.tv_nsec;
}

/* Those by which somebody waits stand still but for what is skipped. */
static uint64_t now_nsec(clockid_t clock)
{
	static uint64_t begun[CLOCK_BOOTTIME + 1];

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return real_nsec(clock);
	if (begun[clock] == 0)
		begun[clock] = real_nsec(clock);
	return begun[clock] + skipped;
}

uint64_t clock_usec(void)
{
	return now_nsec(CLOCK_MONOTONIC) / 1000;
}

void clock_return(void)
{
	skipped = 0;
}

static void set_real_timer(uint64_t in_nsec)
{
	const struct itimerspec its = { .it_value = { (time_t)(in_nsec / NSEC),
						      (long)(in_nsec % NSEC) } };

	ck_assert_int_eq(syscall(SYS_timerfd_settime, timer, 0, &its, NULL), 0);
}

/* Nothing has happened: the clock goes on to what comes first, the timer or the end of the wait. */
static void skip(uint64_t wait_nsec)
{
	uint64_t now = now_nsec(CLOCK_MONOTONIC), until = UINT64_MAX;

	if (wait_nsec != UINT64_MAX)
		until = now + wait_nsec;
	if (due > 0 && due <= until) {
		skipped += due > now ? due - now : 0;
		due = 0;
		set_real_timer(1);
	} else {
		ck_assert_msg(until != UINT64_MAX, "nobody would ever wake it");
		skipped += wait_nsec;
	}
}

static int wait_for_events(int fd, struct epoll_event *events, int n, uint64_t wait_nsec)
{
	int r = (int)syscall(SYS_epoll_pwait, fd, events, n, 0, NULL, 8);

	if (r != 0 || wait_nsec == 0)
		return r;
	skip(wait_nsec);
	/* The timer, where it is that, rings within nanoseconds. */
	return (int)syscall(SYS_epoll_pwait, fd, events, n, due == 0 ? 1 : 0, NULL, 8);
}

/* Seen from outside, or only this program's own calls would come here. */
#pragma GCC visibility push(default)

int clock_gettime(clockid_t clock, struct timespec *t)
{
	uint64_t now = now_nsec(clock);

	*t = (struct timespec){ (time_t)(now / NSEC), (long)(now % NSEC) };
	return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	uint64_t at = (uint64_t) new->it_value.tv_sec *NSEC + (uint64_t) new->it_value.tv_nsec;

	(void)old;
	ck_assert(timer < 0 || timer == fd);
	timer = fd;
	if (at > 0 && !(flags & TFD_TIMER_ABSTIME))
		at += now_nsec(CLOCK_MONOTONIC);
	due = at;
	set_real_timer(0);
	return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int msec)
{
	return wait_for_events(fd, events, n, msec < 0 ? UINT64_MAX : (uint64_t)msec * 1000000);
}

#if !__GLIBC_PREREQ(2, 35)
int epoll_pwait2(int fd, struct epoll_event *events, int n, const struct timespec *wait,
		 const sigset_t *signals);
#endif

int epoll_pwait2(int fd, struct epoll_event *events, int n, const struct timespec *wait,
		 const sigset_t *signals)
{
	(void)signals;
	return wait_for_events(fd, events, n,
			       wait ? (uint64_t)wait->tv_sec * NSEC + (uint64_t)wait->tv_nsec
				    : UINT64_MAX);
}

#pragma GCC visibility pop
