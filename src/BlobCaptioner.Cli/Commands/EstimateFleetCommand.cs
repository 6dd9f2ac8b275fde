using System.CommandLine;
using System.Globalization;
using BlobCaptioner.Estimates;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner estimate fleet</c>: pictures a day and cost of many workers, and what limits them.</summary>
internal static class EstimateFleetCommand
{
    private static readonly int[] s_defaultWorkers = [1, 10, 100];

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var rate = NumberOption.CreateAmount(
            "--pictures-per-minute", "Speed of one worker, as 'captioner bench engine' or 'captioner estimate' measures it.", "120.5", mayBeZero: false);
        rate.Required = true;
        var workers = new Option<int[]>("--workers")
        {
            Description = "Numbers of workers, 1 to 1000000 each, one row for each number.",
            HelpName = "N,N,...",
            DefaultValueFactory = _ => s_defaultWorkers,
            CustomParser = result =>
            {
                var parts = result.Tokens[0].Value.Split(',');
                int[] numbers = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)];
                if (numbers.All(n => n is >= 1 and <= 1_000_000))
                {
                    return numbers;
                }

                result.AddError($"--workers is '{result.Tokens[0].Value}'; give numbers of 1 to 1000000, separated by commas, such as 1,10,100.");
                return [];
            },
        };
        var pictures = NumberOption.Create("--pictures", "Pictures in all, 1 to 2000000000.", 1_000_000, 1, 2_000_000_000);
        var price = EstimateCommand.Price("--gpu-price-per-hour", "Price of one worker for an hour.");
        var currency = EstimateCommand.CurrencyOption();
        var reports = new OutputArguments();
        var command = new ExampleCommand(
            "fleet",
            "Simulates a fleet of workers: time and cost for many pictures, and the number of workers at which one queue (2,000 messages a second), " +
            "one storage account (20,000 requests a second) or the listing (5,000 names a page) becomes the limit. Needs no store and no model.")
        {
            Examples = [("captioner estimate fleet --pictures-per-minute 300 --workers 1,10,100 --gpu-price-per-hour 3.67 --pictures 10000000", "Ten million pictures.")],
        };
        command.AddAll(rate, workers, pictures, price, currency, reports);
        command.SetAction(async (parse, _) =>
        {
            IReadOnlyList<FleetForecast> found = [.. parse.GetRequiredValue(workers).Select(w => FleetForecast.Simulate(new()
            {
                Pictures = parse.GetValue(pictures),
                PicturesPerMinute = (double)parse.GetValue(rate)!.Value,
                Workers = w,
                PricePerHour = parse.GetValue(price),
            }))];
            await reports.WriteAsync(parse, found, CliJson.Lines.IReadOnlyListFleetForecast, found => Write(found, parse.GetRequiredValue(currency)));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(IReadOnlyList<FleetForecast> found, string currency)
    {
        Console.WriteLine($"workers  pictures/day  {found[0].Request.Pictures:N0} take    cost {currency}  busy  requests/s  messages/s  limited by");
        foreach (var f in found)
        {
            Console.WriteLine(
                $"{f.Request.Workers,7:N0}  {f.PicturesPerDay,12:N0}  {f.Duration.TotalHours,14:N1} h  {(f.Cost is { } cost ? $"{cost:N0}" : "-"),10}  " +
                $"{f.Utilisation,4:0%}  {f.Requests,10:N0}  {f.Messages,10:N0}  {Word(f.Limit)}");
        }

        foreach (var (limit, workers) in found[0].WorkersAt.OrderBy(l => l.Value))
        {
            Console.WriteLine($"{Word(limit)} would be reached at {workers:N0} workers of this speed: {Remedy(limit)}");
        }
    }

    private static string Word(FleetLimit limit) => limit switch
    {
        FleetLimit.Queue => "the queue",
        FleetLimit.Account => "the storage account",
        FleetLimit.Listing => "the listing",
        _ => "the workers",
    };

    private static string Remedy(FleetLimit limit) => limit switch
    {
        FleetLimit.Queue => "give each group of workers its own queue and containers, by folder.",
        FleetLimit.Account => "split the pictures over several storage accounts.",
        FleetLimit.Listing => "sweep several prefixes in parallel, or rely on Event Grid for new pictures.",
        _ => "add workers.",
    };
}
