using System.Globalization;

namespace BlobCaptioner.Tests.Simulation;

/// <summary><c>dotnet run --project tests/BlobCaptioner.Tests -- simulate --seeds N --from S</c>: runs seeds and shows the first that breaks a rule.</summary>
internal static class SimulateCommand
{
    public const string Name = "simulate";

    private const string Usage = """
        simulate [--seeds N] [--from S] [--threads T]
          --seeds    seeds to run; default 10000. With 1, the seed's schedule is shown even if it holds.
          --from     the first seed; default 1
          --threads  runs at the same time; default the number of processors
        """;

    /// <returns>0 where all seeds hold, 1 where one doesn't, 2 for bad arguments.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var (seeds, from, threads) = (10_000L, 1UL, Environment.ProcessorCount);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            var isRead = arguments[i] switch
            {
                "--seeds" => long.TryParse(value, CultureInfo.InvariantCulture, out seeds) && seeds > 0,
                "--from" => ulong.TryParse(value, CultureInfo.InvariantCulture, out from),
                "--threads" => int.TryParse(value, CultureInfo.InvariantCulture, out threads) && threads > 0,
                _ => false,
            };
            if (!isRead)
            {
                Console.Error.WriteLine($"'{arguments[i]} {value}' is not understood.\n{Usage}");
                return 2;
            }
        }

        if (seeds == 1)
        {
            var (shown, holds) = SimulationRunner.Show(from);
            Console.WriteLine(shown);
            return holds ? 0 : 1;
        }

        var runner = new SimulationRunner();
        Console.WriteLine(runner.Run(from, seeds, TimeSpan.MaxValue, threads));
        Console.WriteLine(runner.Failure ?? "All hold.");
        return runner.Failure is null ? 0 : 1;
    }
}
