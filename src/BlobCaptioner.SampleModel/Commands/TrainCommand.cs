using System.CommandLine;
using System.Globalization;
using BlobCaptioner.SampleModel.Export;
using BlobCaptioner.SampleModel.Training;
using TorchSharp;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Draws, trains and exports.</summary>
internal static class TrainCommand
{
    private const int CheckPictures = 600;
    private const int CheckSeed = 900;

    public static Command Create()
    {
        var defaults = new TrainingOptions { Directory = "out/sample-model" };
        Option<string> directory = new("--dir") { Description = "Folder for weights, tokens and the GGUF pair.", DefaultValueFactory = _ => defaults.Directory };
        Option<int> pictures = new("--pictures") { Description = "Pictures to draw.", DefaultValueFactory = _ => defaults.Pictures };
        Option<int> visionSteps = new("--vision-steps") { Description = "Steps that train the vision tower alone.", DefaultValueFactory = _ => defaults.VisionSteps };
        Option<int> steps = new("--steps") { Description = "Steps that train all of it on answers.", DefaultValueFactory = _ => defaults.Steps };
        Option<double> rate = new("--rate") { Description = "Highest learning rate.", DefaultValueFactory = _ => defaults.LearningRate };
        Option<string?> vision = new("--vision") { Description = "A weights.bin whose vision tower to begin with." };
        Option<bool> resume = new("--resume") { Description = "Go on from the weights in the folder." };
        var command = new Command("train", "Draws pictures, trains on them and writes the GGUF pair. The same options give the same model on the same machine.")
        {
            directory, pictures, visionSteps, steps, rate, vision, resume,
        };
        command.SetAction((parsed, cancel) => RunAsync(
            new TrainingOptions
            {
                Directory = parsed.GetRequiredValue(directory),
                Pictures = parsed.GetRequiredValue(pictures),
                VisionSteps = parsed.GetRequiredValue(visionSteps),
                Steps = parsed.GetRequiredValue(steps),
                LearningRate = parsed.GetRequiredValue(rate),
                Resume = parsed.GetRequiredValue(resume),
            },
            parsed.GetValue(vision),
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(TrainingOptions options, string? vision, CancellationToken cancellationToken)
    {
        torch.set_num_threads(options.Threads);
        var model = ModelFolder.Open(options.Directory, options.Resume);
        if (vision is not null)
        {
            model.Weights.LoadVision(vision);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Tokenizer.Tokens.Count} tokens; weights: vision {Count(true):N0}, text {Count(false):N0}; prompt of the default profile {Prompt()} tokens"));
        var pool = await PictureCache.GetAsync(
            Path.Combine(options.Directory, $"pictures-{options.Pictures}.bin"), () => PicturePool.DrawAsync(options.Pictures, seed: 1, heldOut: false, cancellationToken));
        var checks = await PicturePool.DrawAsync(CheckPictures, CheckSeed, heldOut: false, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{pool.Length} pictures drawn, {pool.Average(p => p.Width * p.Height / 1024.0):F0} image tokens on average"));
        new Trainer(options, model, pool, checks, Console.Out).Run(cancellationToken);
        ModelExport.Save(model, options.Directory);
        return 0;

        long Count(bool isVision) => model.Weights.Names.Where(n => model.Weights.IsVision(n) == isVision).Sum(n => model.Weights[n].numel());

        int Prompt() => CaptionTask.All().First(t => t.Profile.Name == "default").EncodeBefore(model.Tokenizer).Count;
    }
}
