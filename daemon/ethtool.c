/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ethtool.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "array.h"
#include "ethtool-netlink.h"

/*
 * The kernel writes as many strings and statistics as the device has at that moment, however many
 * were asked for (ethtool_get_strings(), ethtool_get_stats(); bounded since Linux 6.19 only). Their
 * number may grow between the question how many and the call, so there is room for this many more.
 */
#define SPARE 4096

/* More than any device has; a greater answer is not believed. */
#define COUNT_MAX 1000000

/* How often a device's answers may change while they are put together. */
#define TRIES 3

/* Where the counters of a device stand among its statistics. */
struct place {
	char name[IFNAMSIZ];
	int ifindex;
	uint32_t count;
	bool found; /* else the device has none, which is worth remembering as well */
	uint32_t tx, rx;
};

struct ethtool {
	int fd;
	struct ethtool_netlink *netlink; /* NULL where the kernel has none */
	struct place *items;
	size_t n;
	size_t alloc;
	struct ethtool_stats *stats; /* the room that is used again for each reading */
	uint32_t stats_room;
};

int ethtool_open(struct ethtool **ret)
{
	_cleanup_(ethtool_closep) struct ethtool *e = NULL;
	int r;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	/* Any socket does for SIOCETHTOOL (sock_ioctl()), so one that no sandbox forbids. */
	e->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e->fd < 0)
		return -errno;

	r = ethtool_netlink_open(&e->netlink);
	if (r == -ENOMEM)
		return r;
	/* Else the ioctl does as well. */

	*ret = TAKE_PTR(e);
	return 0;
}

struct ethtool *ethtool_close(struct ethtool *e)
{
	if (!e)
		return NULL;
	if (e->fd >= 0)
		close(e->fd);
	ethtool_netlink_close(e->netlink);
	free(e->items);
	free(e->stats);
	free(e);
	return NULL;
}

/* Return: 0; -ENODEV for a name that can be none */
static int request_for(const char *name, struct ifreq *ret)
{
	struct ifreq request = { 0 };
	size_t len = strlen(name);

	if (len >= sizeof(request.ifr_name))
		return -ENODEV;
	memcpy(request.ifr_name, name, len);
	*ret = request;
	return 0;
}

static int call(struct ethtool *e, const char *name, void *command)
{
	struct ifreq request;
	int r;

	r = request_for(name, &request);
	if (r < 0)
		return r;
	request.ifr_data = command;
	return ioctl(e->fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static int get_ifindex(struct ethtool *e, const char *name, int *ret)
{
	struct ifreq request;
	int r;

	r = request_for(name, &request);
	if (r < 0)
		return r;
	if (ioctl(e->fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	*ret = request.ifr_ifindex;
	return 0;
}

/*
 * The texts of drivers end where their room does, or before. A firmware's version comes out of a
 * card's memory: what is not plain text there would keep the port from the bus and the reports.
 */
static void copy_text(char ret[32], const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (len > 31)
		len = 31;
	for (size_t i = 0; i < len; i++)
		ret[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	ret[len] = '\0';
}

int ethtool_get_driver(struct ethtool *e, const char *name, struct facts_driver *ret)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int r;

	r = call(e, name, &info);
	if (r < 0)
		return r;

	copy_text(ret->name, info.driver, sizeof(info.driver));
	copy_text(ret->version, info.version, sizeof(info.version));
	copy_text(ret->firmware, info.fw_version, sizeof(info.fw_version));
	copy_text(ret->bus, info.bus_info, sizeof(info.bus_info));
	return 0;
}

/* How many strings a set has; 0 for a set that the device has not. */
static int count_strings(struct ethtool *e, const char *name, unsigned int set, uint32_t *ret)
{
	/* With room for one number behind it: one set is asked for. */
	union {
		struct ethtool_sset_info info;
		uint64_t room[sizeof(struct ethtool_sset_info) / sizeof(uint64_t) + 1];
	} question = {
		.room = { 0 },
	};
	uint32_t count;
	int r;

	question.info.cmd = ETHTOOL_GSSET_INFO;
	question.info.sset_mask = 1ULL << set;
	r = call(e, name, &question);
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	memcpy(&count, (const char *)&question + sizeof(question.info), sizeof(count));
	if (r == -EOPNOTSUPP)
		count = 0;
	if (count > COUNT_MAX)
		return -EBADMSG;
	*ret = count;
	return 0;
}

/*
 * Return: 0 and the set's strings in @ret, each ETH_GSTRING_LEN bytes and not always ended by NUL;
 * -EAGAIN when their number is not the one expected
 */
static int get_strings(struct ethtool *e, const char *name, unsigned int set, uint32_t count,
		       struct ethtool_gstrings **ret)
{
	_cleanup_free_ struct ethtool_gstrings *strings = NULL;
	int r;

	strings = calloc(1, sizeof(*strings) + (size_t)(count + SPARE) * ETH_GSTRING_LEN);
	if (!strings)
		return -ENOMEM;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = set;
	strings->len = count;

	r = call(e, name, strings);
	if (r < 0)
		return r;
	if (strings->len != count)
		return -EAGAIN;
	*ret = TAKE_PTR(strings);
	return 0;
}

/* The place of a string in a set, or the set's length where it is not there. */
static uint32_t find_string(const struct ethtool_gstrings *strings, const char *wanted)
{
	uint32_t i;

	for (i = 0; i < strings->len; i++) {
		const char *s = (const char *)strings->data + (size_t)i * ETH_GSTRING_LEN;

		if (strncmp(s, wanted, ETH_GSTRING_LEN) == 0)
			break;
	}
	return i;
}

/* The five states of a bit. */
static enum facts_feature state_of(bool can_change, bool on)
{
	if (can_change)
		return on ? FACTS_FEATURE_ON : FACTS_FEATURE_OFF;
	return on ? FACTS_FEATURE_FIXED_ON : FACTS_FEATURE_FIXED_OFF;
}

/* Return: 0; -ENOENT when the kernel does not know the name */
static int find_feature(struct ethtool *e, const char *name, const char *feature, uint32_t *ret_bit,
			uint32_t *ret_count)
{
	_cleanup_free_ struct ethtool_gstrings *strings = NULL;
	uint32_t count, bit;
	int r;

	r = count_strings(e, name, ETH_SS_FEATURES, &count);
	if (r < 0)
		return r;
	if (count == 0)
		return -ENOENT;
	r = get_strings(e, name, ETH_SS_FEATURES, count, &strings);
	if (r < 0)
		return r;
	bit = find_string(strings, feature);
	if (bit == count)
		return -ENOENT;

	*ret_bit = bit;
	*ret_count = count;
	return 0;
}

static int get_feature_by_ioctl(struct ethtool *e, const char *name, const char *feature,
				enum facts_feature *ret)
{
	_cleanup_free_ struct ethtool_gfeatures *features = NULL;
	uint32_t bit, count, blocks, mask;
	int r;

	r = find_feature(e, name, feature, &bit, &count);
	if (r == -ENOENT) {
		*ret = FACTS_FEATURE_ABSENT;
		return 0;
	}
	if (r < 0)
		return r;

	/* As many blocks as there is room for are written, and not more. */
	blocks = (count + 31) / 32;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	r = call(e, name, features);
	if (r < 0)
		return r;

	mask = 1U << (bit % 32);
	*ret = state_of(features->features[bit / 32].available & mask &
				~features->features[bit / 32].never_changed,
			features->features[bit / 32].active & mask);
	return 0;
}

static int set_feature_by_ioctl(struct ethtool *e, const char *name, const char *feature, bool on)
{
	_cleanup_free_ struct ethtool_sfeatures *features = NULL;
	uint32_t bit, count, blocks, mask;
	int r;

	r = find_feature(e, name, feature, &bit, &count);
	if (r < 0)
		return r == -ENOENT ? -EOPNOTSUPP : r;

	blocks = (count + 31) / 32;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	mask = 1U << (bit % 32);
	features->cmd = ETHTOOL_SFEATURES;
	features->size = blocks;
	features->features[bit / 32].valid = mask;
	features->features[bit / 32].requested = on ? mask : 0;
	return call(e, name, features);
}

int ethtool_get_feature(struct ethtool *e, const char *name, const char *feature,
			enum facts_feature *ret)
{
	struct ethtool_bit bit;
	int r;

	/* Linux 5.6 has the family without these messages. */
	r = e->netlink ? ethtool_netlink_get_feature(e->netlink, name, feature, &bit) : -EOPNOTSUPP;
	if (r == -EOPNOTSUPP)
		return get_feature_by_ioctl(e, name, feature, ret);
	if (r < 0)
		return r;
	*ret = bit.known ? state_of(bit.can_change, bit.on) : FACTS_FEATURE_ABSENT;
	return 0;
}

int ethtool_set_feature(struct ethtool *e, const char *name, const char *feature, bool on)
{
	enum facts_feature state;
	int r;

	r = ethtool_get_feature(e, name, feature, &state);
	if (r < 0)
		return r;
	if (state == FACTS_FEATURE_ABSENT)
		return -EOPNOTSUPP;
	if (facts_feature_is_on(state) == on)
		return 0;
	if (state == FACTS_FEATURE_FIXED_OFF || state == FACTS_FEATURE_FIXED_ON)
		return -EOPNOTSUPP;

	r = e->netlink ? ethtool_netlink_set_feature(e->netlink, name, feature, on) : -EOPNOTSUPP;
	if (r == -EOPNOTSUPP)
		r = set_feature_by_ioctl(e, name, feature, on);
	if (r < 0)
		return r;

	r = ethtool_get_feature(e, name, feature, &state);
	if (r < 0)
		return r;
	return facts_feature_is_on(state) == on ? 1 : -EOPNOTSUPP;
}

/* The place that is remembered for a name, or a new one. */
static int place_of(struct ethtool *e, const char *name, struct place **ret)
{
	struct place *p;
	int r;

	for (size_t i = 0; i < e->n; i++)
		if (streq(e->items[i].name, name)) {
			*ret = &e->items[i];
			return 0;
		}

	r = ARRAY_GROW(e);
	if (r < 0)
		return r;
	p = &e->items[e->n++];
	*p = (struct place){ 0 };
	memcpy(p->name, name, strlen(name) + 1); /* a name that get_ifindex() has taken */
	*ret = p;
	return 0;
}

/* Looks anew where the counters stand; *p is as it was on failure. */
static int look_up(struct ethtool *e, int ifindex, uint32_t count, struct place *p)
{
	_cleanup_free_ struct ethtool_gstrings *strings = NULL;
	int r;

	if (count > 0) {
		r = get_strings(e, p->name, ETH_SS_STATS, count, &strings);
		if (r < 0)
			return r;
		p->tx = find_string(strings, "tx_ipsec");
		p->rx = find_string(strings, "rx_ipsec");
	}
	p->found = count > 0 && p->tx < count && p->rx < count;
	p->ifindex = ifindex;
	p->count = count;
	return 0;
}

static int make_room(struct ethtool *e, uint32_t count)
{
	struct ethtool_stats *stats;

	if (e->stats && count <= e->stats_room)
		return 0;
	stats = malloc(sizeof(*stats) + (size_t)(count + SPARE) * sizeof(stats->data[0]));
	if (!stats)
		return -ENOMEM;
	free(e->stats);
	e->stats = stats;
	e->stats_room = count;
	return 0;
}

/* Return: 0; -ENOENT; -EAGAIN when the device changed its statistics meanwhile */
static int read_counters(struct ethtool *e, const char *name, struct facts_counters *ret)
{
	struct place *p;
	uint32_t count;
	int ifindex = 0, r;

	if ((r = get_ifindex(e, name, &ifindex)) < 0 ||
	    (r = count_strings(e, name, ETH_SS_STATS, &count)) < 0 ||
	    (r = place_of(e, name, &p)) < 0)
		return r;

	if (p->ifindex != ifindex || p->count != count) {
		r = look_up(e, ifindex, count, p);
		if (r < 0)
			return r;
	}
	if (!p->found)
		return -ENOENT;

	r = make_room(e, count);
	if (r < 0)
		return r;
	e->stats->cmd = ETHTOOL_GSTATS;
	e->stats->n_stats = count;
	r = call(e, name, e->stats);
	if (r < 0)
		return r;
	if (e->stats->n_stats != count)
		return -EAGAIN;

	*ret = (struct facts_counters){
		.tx_ipsec = e->stats->data[p->tx],
		.rx_ipsec = e->stats->data[p->rx],
	};
	return 0;
}

int ethtool_get_counters(struct ethtool *e, const char *name, struct facts_counters *ret)
{
	int r = -EAGAIN;

	for (unsigned int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = read_counters(e, name, ret);
	return r;
}
