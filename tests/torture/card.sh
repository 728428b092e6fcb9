# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 500
# The simulated card by itself: what it takes and refuses, that it loses and leaks nothing. The
# other scenarios rest on it.

# A recognisable key of 16 bytes, and 4 bytes of salt.
key=0x$(printf lab-secret-key16salt | od -An -v -tx1 | tr -d ' \n')
long_key=0x$(printf lab-secret-key16lab-secret-key16salt | od -An -v -tx1 | tr -d ' \n')
hmac_key=0x$(printf lab-secret-key16lab-secret-key16 | od -An -v -tx1 | tr -d ' \n')
gcm=(aead "rfc4106(gcm(aes))" "$key" 128)

# add_sa in|out TRANSFORM...: an SA on ix2, which is in no bond, with mode transport unless said.
add_sa() {
	local direction=$1 mode=(mode transport)
	shift
	[[ " $* " != *" mode "* ]] || mode=()
	# Each its own index, also when it is added in a subshell.
	"${by[@]}" ip xfrm state add src 192.0.2.1 dst "${to:-192.0.2.2}" proto "${protocol:-esp}" \
		spi "$((16#100000 + 10#${EPOCHREALTIME: -6}))" "${mode[@]}" "$@" offload dev ix2 dir "$direction"
}

# refused ERRNO in|out TRANSFORM...: ip itself does not always say which error it was.
refused() {
	local by=(strace -e trace=recvmsg) output
	output=$(add_sa "${@:2}" 2>&1) && {
		echo "it was taken"
		return 1
	}
	contains "$output" "error=-$1\b"
}

systemctl stop ipsec
check "it takes one to send with" add_sa out "${gcm[@]}"
check "and one to receive with" add_sa in "${gcm[@]}"
check "and holds both" equals "1 1" "$(sas ix2)"
for direction in in out; do
	check "$direction: no tunnel mode" refused EINVAL $direction "${gcm[@]}" mode tunnel
	check "$direction: no 256-bit key" refused EINVAL $direction \
		aead "rfc4106(gcm(aes))" "$long_key" 128
	check "$direction: no short ICV" refused EINVAL $direction \
		aead "rfc4106(gcm(aes))" "$key" 96
	check "$direction: no other AEAD" refused EINVAL $direction \
		aead "rfc4543(gcm(aes))" "$key" 128
	check "$direction: no CBC and HMAC" refused EINVAL $direction \
		enc "cbc(aes)" "${hmac_key:0:34}" auth-trunc "hmac(sha256)" "$hmac_key" 128
	check "$direction: no ESN" refused EINVAL $direction "${gcm[@]}" \
		flag esn replay-window 32
	check "$direction: no UDP encapsulation" refused EINVAL $direction "${gcm[@]}" \
		encap espinudp 4500 4500 0.0.0.0
	protocol=ah check "$direction: no AH" refused EINVAL $direction \
		auth-trunc "hmac(sha256)" "$hmac_key" 128
done
check "nothing of that stayed" equals "1 1" "$(sas ix2)"

# Limits.
nic_parameter max_sas 2
check "a table of two takes a second" add_sa out "${gcm[@]}"
check "but no third" refused ENOSPC out "${gcm[@]}"
check "the other direction has a table of its own" add_sa in "${gcm[@]}"
nic_parameter max_sas 1024
nic_parameter max_addresses 1
check "another SA for a known address" add_sa in "${gcm[@]}"
to=192.0.2.9 check "no second address to receive for" refused ENOSPC in "${gcm[@]}"
to=192.0.2.9 check "to send needs none" add_sa out "${gcm[@]}"
nic_parameter max_addresses 128
fault ix2 refuse_error 16
fault ix2 refuse_sas 1
check "one is refused as asked" refused EBUSY out "${gcm[@]}"
check "the next is not" add_sa out "${gcm[@]}"
ip xfrm state flush
check "all are let go" equals "0 0" "$(sas ix2)"

# With virtual functions ixgbe sends in software, unless the bridge between them is a VEPA.
echo 2 >/sys/class/net/ix2/device/sriov_numvfs
add_sa out "${gcm[@]}"
check "with VFs nothing is sent by hardware" equals "0 0" "$(sas ix2)"
add_sa in "${gcm[@]}"
check "but received" equals "0 1" "$(sas ix2)"
check "the bridge's mode can be set" bridge link set dev ix2 hwmode vepa
add_sa out "${gcm[@]}"
check "with a VEPA it is" equals "1 1" "$(sas ix2)"
ip xfrm state flush

# A damaged packet: dropped, or with rx-all taken for good.
conn_set nic-offload=yes
systemctl start ipsec
check "the tunnel comes up" established
activate ix0
fault ix0 damage_esp 1
mark
pings 3 >/dev/null
check "a damaged packet is dropped by the card" equals "3 2" "$(gained ix0)"
ethtool -K ix0 rx-all on
fault ix0 damage_esp 1
mark
pings 3 >/dev/null
check "with rx-all it passes for good" equals "3 3" "$(gained ix0)"
check "and the kernel saw no wrong ICV" contains "$(cat /proc/net/xfrm_stat)" 'XfrmInStateProtoError\s+0$'
ethtool -K ix0 rx-all off

# IPv6, with SAs made by hand: for TCP and pings, since neighbour discovery must not need them.
end=([1]=2001:db8::1 [2]=2001:db8::2)
echo 0 >/proc/sys/net/ipv6/conf/bond0/disable_ipv6
ip -6 address add "${end[1]}/64" dev bond0 nodad
ip -n peer -6 address add "${end[2]}/64" dev br0 nodad
for to in 1 2; do
	out=(src "${end[3 - to]}" dst "${end[to]}")
	ip xfrm state add "${out[@]}" proto esp spi 0x60$to mode transport "${gcm[@]}" \
		offload dev bond0 dir "$([ $to = 2 ] && echo out || echo in)"
	ip -n peer xfrm state add "${out[@]}" proto esp spi 0x60$to mode transport "${gcm[@]}"
	for only in "proto tcp" "proto ipv6-icmp type 128" "proto ipv6-icmp type 129"; do
		# shellcheck disable=SC2086
		{
			ip xfrm policy add "${out[@]}" $only dir "$([ $to = 2 ] && echo out || echo in)" \
				tmpl proto esp mode transport
			ip -n peer xfrm policy add "${out[@]}" $only dir "$([ $to = 1 ] && echo out || echo in)" \
				tmpl proto esp mode transport
		}
	done
done
unset to
pings 1 "${end[2]}"
check "IPv6: 10 pings, exactly 10 and 10" offloads ix0 10 "${end[2]}"
peer iperf3 -s -D -1
mark
check "IPv6: TCP goes through" timeout 60 iperf3 -c "${end[2]}" -n 2M
check "IPv6: and is counted" test "$(gained ix0 | cut -d ' ' -f 1)" -gt 20
systemctl restart peer-ipsec ipsec
check "the tunnel is up again" established

# Moved thirty times under traffic.
peer iperf3 -s -D -1
iperf3 -c 192.0.2.2 -t 15 >/run/iperf.log 2>&1 &
for i in {1..15}; do
	activate ix1
	activate ix0
done
wait "$!"
check "TCP lives through 30 switches" equals 0 $?
check "the SAs are where they belong, once" equals "1 1, 0 0" "$(sas ix0), $(sas ix1)"
check "and work" offloads ix0

# Cables come and go, with SAs on them.
nic_parameter cables 40
check "40 cables" equals 40 "$(find /sys/class/net -name 'ix*' | wc -l)"
nic_parameter cables 0
check "no cables" equals 0 "$(find /sys/class/net -name 'ix*' | wc -l)"
nic_parameter cables 4
plug
check "NetworkManager takes the ports in again" wait_for 60 ports_are "ix0 ix1"
systemctl restart ipsec
check "the tunnel comes up on new cards" established
activate ix0
check "and is offloaded" offloads ix0
parameters=$(cat /sys/module/lab_nic/parameters/plain_mask)
check "the module can be unloaded under an offloaded tunnel" rmmod lab_nic
insmod /lab/lab_nic.ko cables=4 plain_mask="$parameters"
plug
check "the kernel has nothing to complain of" no_complaints
