module zwasm/bench/go_mix

go 1.21
