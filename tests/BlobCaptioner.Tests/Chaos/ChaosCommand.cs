using System.Globalization;

namespace BlobCaptioner.Tests.Chaos;

/// <summary><c>dotnet run --project tests/BlobCaptioner.Tests -c Release -- chaos --pictures 10000 --kills 50 --storage 9</c>: chaos at any size.</summary>
internal static class ChaosCommand
{
    public const string Name = "chaos";

    private const string Usage = """
        chaos [--pictures N] [--workers N] [--kills N] [--storage N] [--every SECONDS] [--sweep-every SECONDS] [--faults SHARE] [--lease SECONDS]
              [--model-ms MS] [--concurrency N] [--seed S] [--minutes N]
          --pictures     pictures to describe; default 300
          --workers      processes of 'captioner work'; default 3
          --kills        kill -9 of a worker; default 12
          --storage      restarts of Azurite; default 2
          --every        seconds between two kills or restarts, and not before the work has gone on; default 2
          --sweep-every  seconds between two sweeps; default 1
          --faults       share of the storage requests that are spoiled; default 0.08
          --lease        seconds; default 4
          --model-ms     longest model call; default 800
          --concurrency  model calls at once of each worker; default 4
          --seed         decides which requests are spoiled and who is killed; default 20260801
          --minutes      after these the run ends with what is missing; default 10
        """;

    /// <returns>0 where nothing was lost or described twice, 1 where something was, 2 for bad arguments.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (arguments is ["--help"])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        ChaosOptions? options = new();
        for (var i = 0; i < arguments.Count && options is not null; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : "";
            options = double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1_000_000_000 ? With(options, arguments[i], number) : null;
            if (options is null)
            {
                await Console.Error.WriteLineAsync($"'{arguments[i]} {value}' is not understood.\n{Usage}");
                return 2;
            }
        }

        var folder = Directory.CreateTempSubdirectory("captioner-chaos-").FullName;
        try
        {
            var report = await ChaosRun.RunAsync(options!, folder, Console.WriteLine, CancellationToken.None);
            Console.WriteLine(report);
            return report.HasHeld ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ChaosOptions? With(ChaosOptions options, string name, double number) => name switch
    {
        "--pictures" when number >= 1 => options with { Pictures = (int)number },
        "--workers" when number >= 1 => options with { Workers = (int)number },
        "--kills" => options with { Kills = (int)number },
        "--storage" => options with { StorageRestarts = (int)number },
        "--every" when number > 0 => options with { KillEvery = TimeSpan.FromSeconds(number) },
        "--sweep-every" when number > 0 => options with { SweepEvery = TimeSpan.FromSeconds(number) },
        "--faults" when number <= 1 => options with { FaultShare = number },
        "--lease" when number >= 1 => options with { Lease = TimeSpan.FromSeconds(number) },
        "--model-ms" => options with { ModelTime = TimeSpan.FromMilliseconds(number) },
        "--concurrency" when number >= 1 => options with { Concurrency = (int)number },
        "--seed" => options with { Seed = (int)number },
        "--minutes" when number > 0 => options with { Limit = TimeSpan.FromMinutes(number) },
        _ => null,
    };
}
