using System.CommandLine;
using System.Text.RegularExpressions;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Estimates;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner estimate</c>: hours and cost of a whole container.</summary>
internal static partial class EstimateCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var sample = NumberOption.Create("--sample", "Pictures to describe, 1 to 1000. More pictures give narrower error bars.", value: 20, 1, 1_000);
        var prefix = PrefixOption.Create();
        var seed = NumberOption.Create("--seed", "Seed of the random sample. The same seed draws the same pictures.", value: 0, 0, int.MaxValue);
        var gpuPrice = Price("--gpu-price-per-hour", "Price of one GPU for an hour.");
        var gpus = NumberOption.Create("--gpus", "GPUs like this machine's that will work at once, 1 to 10000. More GPUs take fewer hours at the same cost.", value: 1, 1, 10_000);
        var inputPrice = Price("--price-per-million-input", "Price of a million input tokens, pictures included.");
        var outputPrice = Price("--price-per-million-output", "Price of a million output tokens.");
        var currency = CurrencyOption();
        var (store, engine, profile, images, reports) = (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "estimate",
            "Estimates hours and cost of a whole container, and of what is still to be done, with 95 % error bars. " +
            "It describes a random sample of the pictures and writes nothing. It measures this machine: run it where the work will run.")
        {
            Examples =
            [
                ("captioner estimate --connection \"$STORE\" --gpu-price-per-hour 3.67 --gpus 4", "Hours and cost with four GPUs like this machine's."),
                (
                    "captioner estimate --server https://NAME.openai.azure.com --server-model DEPLOYMENT --price-per-million-input 0.4 --price-per-million-output 1.6",
                    "Cost on a model server that charges by token."),
            ],
        };
        command.AddAll(sample, prefix, seed, gpuPrice, gpus, inputPrice, outputPrice, currency);

        command.Add(EstimateFleetCommand.Create());
        command.AddAll(profile, engine, store, images, reports);
        command.Validators.Add(result =>
        {
            if (result.GetResult(inputPrice) is null != result.GetResult(outputPrice) is null)
            {
                result.AddError("--price-per-million-input and --price-per-million-output belong together.");
            }
        });
        command.SetAction(async (parse, _) =>
        {
            var request = new EstimateRequest
            {
                Profile = profile.Read(parse),
                Prefix = parse.GetValue(prefix),
                Sample = parse.GetValue(sample),
                Seed = (ulong)parse.GetValue(seed),
                GpuPricePerHour = parse.GetValue(gpuPrice),
                Gpus = parse.GetValue(gpus),
                InputPricePerMillion = parse.GetValue(inputPrice),
                OutputPricePerMillion = parse.GetValue(outputPrice),
                Currency = parse.GetRequiredValue(currency),
            };
            var choice = store.Read(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenExistingAsync(choice, ErrorProgress.Instance, TimeProvider.System, signals.Stop);
            await using var session = await EngineSession.LoadAsync(engine.Read(parse), request.Profile, images.Read(parse), ErrorProgress.Instance, logging, signals.Stop);
            var found = await new ContainerEstimator(opened.Storage, session.Preparer, session.Model, TimeProvider.System).RunAsync(request, signals.Stop)
                ?? throw new UsageException(
                    $"The container '{choice.Names.ImagesContainer}' has no picture{(request.Prefix is { } start ? $" whose name starts with '{start}'" : "")}.");
            await reports.WriteAsync(parse, found, CliJson.Lines.ContainerEstimate, EstimateTable.Write);
            return found.Described == 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    /// <summary>The option for a currency.</summary>
    internal static Option<string> CurrencyOption()
    {
        var option = new Option<string>("--currency") { Description = "Currency of the prices, ISO 4217.", HelpName = "CODE", DefaultValueFactory = _ => "USD" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } code && !Currency().IsMatch(code))
            {
                result.AddError($"--currency is '{code}'; give three capital letters, such as EUR.");
            }
        });
        return option;
    }

    /// <summary>An option for a price.</summary>
    internal static Option<decimal?> Price(string name, string description) => NumberOption.CreateAmount(name, description, "3.67");

    [GeneratedRegex(@"\A[A-Z]{3}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Currency();
}
