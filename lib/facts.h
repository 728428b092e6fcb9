/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What was seen on the host at one moment: plain structs that the adapters fill and the rules
 * (checks, plan, proof) read. Nothing here is believed beyond what the field says: "the bond's
 * feature bit is on", not "the bond offloads".
 */

/* The room for an interface's name with its NUL: IFNAMSIZ in linux/if.h. */
#define FACTS_NAME_SIZE 16

/* An interface's index is positive; this stands for "no interface". */
#define FACTS_NO_LINK 0

/*
 * A feature bit of a device, as ethtool shows it. ABSENT: the kernel does not know the name.
 * FIXED: the driver does not let it be changed (shown as "[fixed]").
 */
enum facts_feature {
	FACTS_FEATURE_UNKNOWN, /* could not be asked */
	FACTS_FEATURE_ABSENT,
	FACTS_FEATURE_FIXED_OFF,
	FACTS_FEATURE_OFF,
	FACTS_FEATURE_ON,
	FACTS_FEATURE_FIXED_ON,
};

static inline bool facts_feature_is_on(enum facts_feature f)
{
	return f == FACTS_FEATURE_ON || f == FACTS_FEATURE_FIXED_ON;
}

/* Bonding modes with the numbers of the kernel's BOND_MODE_… (linux/if_bonding.h). */
enum facts_bond_mode {
	FACTS_MODE_BALANCE_RR,
	FACTS_MODE_ACTIVE_BACKUP,
	FACTS_MODE_BALANCE_XOR,
	FACTS_MODE_BROADCAST,
	FACTS_MODE_802_3AD,
	FACTS_MODE_BALANCE_TLB,
	FACTS_MODE_BALANCE_ALB,
	FACTS_MODE_MAX_,
};

/* Who a network device is, from ETHTOOL_GDRVINFO. Empty strings where the driver says nothing. */
struct facts_driver {
	char name[32];
	char version[32];
	char firmware[32];
	char bus[32];
};

/* tx_ipsec and rx_ipsec of a port: skbs transmitted, packets decrypted (ixgbe_ethtool.c). */
struct facts_counters {
	uint64_t tx_ipsec;
	uint64_t rx_ipsec;
};

/* A network device. */
struct facts_link {
	int ifindex;
	char name[FACTS_NAME_SIZE];
	char kind[FACTS_NAME_SIZE]; /* IFLA_INFO_KIND: "bond", "vlan", …; "" for hardware */
	int master;                 /* ifindex of the bond or bridge above it, or FACTS_NO_LINK */
	int lower;                  /* IFLA_LINK: the device below a VLAN or macvlan */
	bool up;                    /* IFF_UP */
	bool carrier;               /* IFF_LOWER_UP */

	struct {
		enum facts_bond_mode mode;
		int active_port; /* ifindex; FACTS_NO_LINK: the attribute was not there */
		int primary;     /* ifindex of the primary port, or FACTS_NO_LINK */
		uint32_t miimon_ms;
	} bond; /* where kind is "bond" */

	struct {
		bool active; /* BOND_STATE_ACTIVE, as opposed to backup */
		bool mii_up; /* the link is BOND_LINK_UP in bonding's view */
		uint32_t link_failures;
	} port; /* where master is a bond */

	uint32_t n_vfs;  /* SR-IOV virtual functions in use: IFLA_NUM_VF */
	int bridge_mode; /* IFLA_BRIDGE_MODE: 0 VEB, 1 VEPA, -1 the device has none */

	/* Asked through ethtool: for bonds and their ports only. */
	struct facts_driver driver;
	enum facts_feature esp_hw_offload;
	enum facts_feature rx_all;
	bool has_counters; /* tx_ipsec and rx_ipsec both stand in its statistics */
	struct facts_counters counters;
};

/* An IP address: family AF_INET or AF_INET6, or 0 for none; bytes in network order. */
struct facts_ip {
	int family;
	uint8_t bytes[16];
};

static inline bool facts_ip_equal(const struct facts_ip *a, const struct facts_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct facts_address {
	int ifindex;
	struct facts_ip ip;
};

/* The NetworkManager profile that is active on a bond, else the one that would be. */
struct facts_profile {
	char bond[FACTS_NAME_SIZE]; /* the interface it is for */
	char uuid[40];
	char *id;          /* its name */
	char *path;        /* D-Bus object path of the profile */
	char *device_path; /* D-Bus object path of the device, NULL while it is not there */
	char *filename;    /* NULL while it lives in memory only */
	bool active;       /* it is applied to the device now */
	bool writable;     /* neither "unsaved" nor read-only by its place */
	bool autoconnect;
	int autoconnect_ports;    /* connection.autoconnect-slaves: -1 default, 0 no, 1 yes */
	int esp_hw_offload;       /* ethtool.feature-esp-hw-offload: -1 not set, 0 off, 1 on */
	size_t n_ports_held_back; /* ports whose own profile has autoconnect off */
};

struct facts_profile *facts_profiles_free(struct facts_profile *profiles, size_t n);

enum facts_direction {
	FACTS_IN,
	FACTS_OUT,
};

/* An SA of the kernel, without any key. */
struct facts_sa {
	uint32_t spi;  /* host order */
	uint8_t proto; /* IPPROTO_ESP or IPPROTO_AH */
	enum facts_direction direction;
	struct facts_ip source;
	struct facts_ip destination;
	uint32_t reqid;
	bool transport; /* mode; else tunnel or another */
	bool esn;
	bool encapsulated; /* UDP or TCP encapsulation */
	char cipher[64];   /* the kernel's name, such as rfc4106(gcm(aes)) */
	uint16_t key_bits; /* with the salt, as the kernel counts: 160 for AES-GCM-128 */
	uint16_t icv_bits;
	uint64_t packets;
	uint64_t bytes;
	int offload_link; /* ifindex in XFRMA_OFFLOAD_DEV, or FACTS_NO_LINK: not offloaded */
	bool marked;      /* for packets of a mark alone: the kernel finds it by that as well */
};

/*
 * What is to leave the host through SAs with this reqid: an outgoing policy of the kernel (struct
 * xfrm_userpolicy_info in linux/xfrm.h).
 */
struct facts_flow {
	uint32_t reqid;
	struct facts_ip source, destination; /* of the packets, not the ends of the tunnel */
	uint8_t source_bits, destination_bits;
	uint8_t proto;                          /* 0: any */
	uint16_t source_port, destination_port; /* host order */
	uint16_t source_port_mask, destination_port_mask;
	int link;            /* ifindex; FACTS_NO_LINK: any */
	uint32_t if_id;      /* of an xfrm interface; 0: none */
	uint32_t mark, mask; /* of the packets */
};

/* The version of the installed Libreswan; 0.0 when it is not known. */
struct facts_version {
	unsigned int major;
	unsigned int minor;
};

/* A systemd unit's ActiveState. */
enum facts_unit_state {
	FACTS_UNIT_UNKNOWN, /* systemd could not be asked, or there is no such unit */
	FACTS_UNIT_INACTIVE,
	FACTS_UNIT_ACTIVE,
	FACTS_UNIT_ACTIVATING,
	FACTS_UNIT_DEACTIVATING,
	FACTS_UNIT_FAILED,
};

/* A line of "ipsec trafficstatus": a conn of which pluto says that it is established. */
struct facts_tunnel {
	char *conn;
	uint64_t in_bytes; /* wraps at 32 bits in Libreswan 4 */
	uint64_t out_bytes;
	bool offloaded;    /* as Libreswan 5 prints it; says nothing on 4 */
	bool kernel_lost;  /* pluto could not find one of its SAs in the kernel: no byte count */
	unsigned long ike; /* the number of its IKE SA in pluto; 0: not known */
	/*
	 * The tunnel whose negotiation has made that IKE SA, as in conn; NULL: not known. All that
	 * hang on it go down when that conn is replaced, and none when another of them is.
	 */
	char *ike_conn;
	unsigned long serial; /* pluto's own number of it: "#2" */
	uint32_t spi;         /* of one of its SAs, in host order; 0: not known */
};

struct ipsec_conf;

/* All of it. Unused parts are zero. Arrays belong to the struct; see facts_free(). */
struct facts {
	char kernel[65];       /* uname's release */
	char kernel_build[65]; /* uname's version: Debian has the upstream version there */
	bool esp4_offload;     /* the module, or built in */
	bool esp6_offload;

	struct facts_link *links;
	size_t n_links;
	struct facts_address *addresses;
	size_t n_addresses;

	bool nm_running;
	bool nm_silent; /* it was asked, and gave no answer in time, or none that makes sense */
	struct facts_profile *profiles;
	size_t n_profiles;

	bool ipsec_installed;
	struct facts_version libreswan;
	bool version_silent; /* "ipsec --version" did not come to its end */
	enum facts_unit_state ipsec_unit;
	bool pluto_answers; /* the whack socket does, whatever systemd says */
	struct facts_tunnel *tunnels;
	size_t n_tunnels;
	struct ipsec_conf *conf; /* never NULL where ipsec_installed; its findings tell the rest */

	bool sas_known; /* false: the dump was refused, or never stood still */
	struct facts_sa *sas;
	size_t n_sas;
};

struct facts *facts_free(struct facts *f);
DEFINE_CLEANUP(struct facts, facts_free)

/*
 * facts_is_incomplete() - true when somebody who is there has not answered
 *
 * What the checks make of that is wrong as soon as he does, and nothing will tell.
 */
bool facts_is_incomplete(const struct facts *f);

/* facts_link_by_name(), facts_link_by_index() - the device, or NULL */
const struct facts_link *facts_link_by_name(const struct facts *f, const char *name);
const struct facts_link *facts_link_by_index(const struct facts *f, int ifindex);

/*
 * facts_sa_is_larval() - true for what is no SA yet: the kernel asks for one (SPI 0), or pluto has
 * reserved an SPI for it, as it does when it begins to negotiate (XFRM_MSG_ALLOCSPI), and there are
 * no keys
 */
bool facts_sa_is_larval(const struct facts_sa *sa);

/*
 * facts_next_port() - goes through the ports of a bond, in the order of the kernel's dump
 * @after: the port before, or NULL to begin
 *
 * Return: the next port, or NULL after the last.
 */
const struct facts_link *facts_next_port(const struct facts *f, const struct facts_link *bond,
					 const struct facts_link *after);

/* facts_is_bond() - true for a bond, of any mode */
bool facts_is_bond(const struct facts_link *l);

/* facts_profile_of() - the NetworkManager profile of an interface, or NULL */
const struct facts_profile *facts_profile_of(const struct facts *f, const char *name);

/* facts_tunnel_of() - what pluto says of an established conn, or NULL; NAME/1x1 counts as NAME */
const struct facts_tunnel *facts_tunnel_of(const struct facts *f, const char *conn);

/* facts_conn_length() - how much of a tunnel's name is that of its conn: all but "/1x2" at its end
 */
size_t facts_conn_length(const char *tunnel);

/* facts_is_tunnel_of() - tells whether a name of pluto's is the conn's: NAME, or NAME/1x1 */
bool facts_is_tunnel_of(const char *tunnel, size_t len, const char *conn);

/* facts_owner_of() - the device that holds the address, or NULL */
const struct facts_link *facts_owner_of(const struct facts *f, const struct facts_ip *ip);

/* Words for people and for the bus; facts_mode_name() is the kernel's own word. */
const char *facts_mode_name(enum facts_bond_mode mode);
const char *facts_feature_name(enum facts_feature feature);
const char *facts_unit_state_name(enum facts_unit_state state);

/*
 * facts_ip_parse() - reads a literal IPv4 or IPv6 address
 *
 * Return: 0 and the address in @ret; -EINVAL when the text is none (a name, %defaultroute, …).
 */
int facts_ip_parse(const char *text, struct facts_ip *ret);

/* The longest text of an address with its NUL (INET6_ADDRSTRLEN). */
#define FACTS_IP_TEXT_SIZE 46

/* facts_ip_print() - the usual text of an address; "" for none */
const char *facts_ip_print(const struct facts_ip *ip, char buffer[FACTS_IP_TEXT_SIZE]);
