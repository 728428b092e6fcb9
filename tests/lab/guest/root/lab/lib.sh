lab_scenario() {
	bash -c ". /lab/lib.sh; . /lab/scenarios/$1.sh"
}
