System.Console.WriteLine("kdsim");
