namespace KdSim.Nt;


