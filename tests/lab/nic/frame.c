// SPDX-License-Identifier: GPL-2.0-only
/* From the stack's packets to the frames on the wire. */
#include "nic.h"
#include "gcm.h"

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

/* A copy of the first len bytes, with room for more behind. */
static struct sk_buff *frame_copy(struct port *port, const struct sk_buff *skb, unsigned int len,
				  unsigned int room)
{
	struct sk_buff *frame;

	frame = __netdev_alloc_skb_ip_align(port->far->dev, len + room, GFP_ATOMIC | __GFP_NOWARN);
	if (frame && skb_copy_bits(skb, 0, skb_put(frame, len), len)) {
		kfree_skb(frame);
		return NULL;
	}
	return frame;
}

static struct ip_esp_hdr *frame_esp(struct sk_buff *frame, const struct sk_buff *skb)
{
	unsigned int offset = skb_network_offset(skb);

	offset += skb->protocol == htons(ETH_P_IP) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	return (struct ip_esp_hdr *)(frame->data + offset);
}

static unsigned int len_from(const struct sk_buff *frame, const void *from)
{
	return skb_tail_pointer(frame) - (const u8 *)from;
}

/* One that goes as it is. The stack has put an ESP trailer with room for the ICV behind it. */
static int frame_whole(struct port *port, struct sk_buff *skb, const struct nic_sa *sa,
		       struct sk_buff_head *frames)
{
	struct ip_esp_hdr *esp = NULL;
	struct sk_buff *frame;
	unsigned int end;

	frame = frame_copy(port, skb, skb->len, 0);
	if (!frame)
		return -ENOMEM;
	if (sa)
		esp = frame_esp(frame, skb);
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		unsigned int start = skb_checksum_start_offset(skb);
		__sum16 *sum = (__sum16 *)(frame->data + start + skb->csum_offset);

		/* Not over the trailer: padding, its length, the next header, the ICV. */
		end = frame->len;
		if (sa)
			end -= GCM_TAG_LEN + 2 + frame->data[end - GCM_TAG_LEN - 2];
		*sum = csum_fold(csum_partial(frame->data + start, end - start, 0))
			       ?: CSUM_MANGLED_0;
	}
	if (sa)
		nic_sa_encrypt(sa, esp, len_from(frame, esp));
	__skb_queue_tail(frames, frame);
	return 0;
}

static void put_esp_trailer(struct sk_buff *frame, unsigned int payload_len)
{
	unsigned int pad = -(payload_len + 2) & 3, i;
	u8 *trailer = skb_put(frame, pad + 2 + GCM_TAG_LEN);

	for (i = 0; i < pad; i++)
		trailer[i] = i + 1;
	trailer[pad] = pad;
	trailer[pad + 1] = IPPROTO_TCP;
}

/* Corrects the headers of segment i, which is complete but for its ESP encryption. */
static void fix_headers(struct sk_buff *frame, const struct sk_buff *skb, struct tcphdr *tcp,
			unsigned int tcp_len, unsigned int i, bool last)
{
	unsigned int network = skb_network_offset(skb);

	tcp->seq = htonl(ntohl(tcp->seq) + i * skb_shinfo(skb)->gso_size);
	if (i)
		tcp->cwr = 0;
	if (!last)
		tcp->fin = tcp->psh = 0;
	tcp->check = 0;
	if (skb->protocol == htons(ETH_P_IP)) {
		struct iphdr *ip = (struct iphdr *)(frame->data + network);

		ip->tot_len = htons(frame->len - network);
		ip->id = htons(ntohs(ip->id) + i);
		ip_send_check(ip);
		tcp->check =
			tcp_v4_check(tcp_len, ip->saddr, ip->daddr, csum_partial(tcp, tcp_len, 0));
	} else {
		struct ipv6hdr *ip = (struct ipv6hdr *)(frame->data + network);

		ip->payload_len = htons(frame->len - network - sizeof(*ip));
		tcp->check = csum_ipv6_magic(&ip->saddr, &ip->daddr, tcp_len, IPPROTO_TCP,
					     csum_partial(tcp, tcp_len, 0));
	}
}

/* A TCP super-frame. With ESP it comes without trailers, and with the first sequence number. */
static int frame_segments(struct port *port, struct sk_buff *skb, const struct nic_sa *sa,
			  struct sk_buff_head *frames)
{
	unsigned int transport = skb_checksum_start_offset(skb), size = skb_shinfo(skb)->gso_size;
	unsigned int header_len, offset, i = 0;
	struct tcphdr header, *tcp;

	if (!(skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
	    skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb_copy_bits(skb, transport, &header, sizeof(header)))
		return -EPROTO;
	header_len = transport + header.doff * 4;

	for (offset = header_len; offset < skb->len; offset += size, i++) {
		unsigned int n = min(size, skb->len - offset);
		struct ip_esp_hdr *esp;
		struct sk_buff *frame;

		frame = frame_copy(port, skb, header_len, n + 3 + 2 + GCM_TAG_LEN);
		if (!frame)
			return -ENOMEM;
		__skb_queue_tail(frames, frame);
		if (skb_copy_bits(skb, offset, skb_put(frame, n), n))
			return -EPROTO;
		tcp = (struct tcphdr *)(frame->data + transport);
		if (sa)
			put_esp_trailer(frame, header.doff * 4 + n);
		fix_headers(frame, skb, tcp, header.doff * 4 + n, i, offset + n == skb->len);
		if (sa) {
			esp = frame_esp(frame, skb);
			esp->seq_no = htonl(ntohl(esp->seq_no) + i);
			nic_sa_encrypt(sa, esp, len_from(frame, esp));
		}
	}
	return 0;
}

int nic_frames(struct port *port, struct sk_buff *skb, const struct nic_sa *sa,
	       struct sk_buff_head *frames)
{
	int err;

	if (skb_is_gso(skb))
		err = frame_segments(port, skb, sa, frames);
	else
		err = frame_whole(port, skb, sa, frames);
	if (err)
		__skb_queue_purge(frames);
	return err;
}
