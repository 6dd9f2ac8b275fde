using System.CommandLine;
using System.Globalization;
using BlobCaptioner.SampleModel.Export;
using BlobCaptioner.SampleModel.Training;
using TorchSharp;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Draws the training set, trains and exports.</summary>
internal static class TrainCommand
{
    private const int ValidationPictures = 600;
    private const int ValidationSeed = 900;

    public static Command Create()
    {
        var defaults = new TrainingOptions { Directory = "out/sample-model" };
        Option<string> directory = new("--dir") { Description = "Folder for weights, tokens and the GGUF pair.", DefaultValueFactory = _ => defaults.Directory };
        Option<int> pictures = new("--pictures") { Description = "Pictures in the training set.", DefaultValueFactory = _ => defaults.Pictures };
        Option<int> visionSteps = new("--vision-steps") { Description = "Steps that train the vision tower alone.", DefaultValueFactory = _ => defaults.VisionSteps };
        Option<int> steps = new("--steps") { Description = "Steps that train the whole model on answers.", DefaultValueFactory = _ => defaults.Steps };
        Option<double> rate = new("--rate") { Description = "Highest learning rate.", DefaultValueFactory = _ => defaults.LearningRate };
        Option<string?> vision = new("--vision") { Description = "A weights.bin to take the vision tower from." };
        Option<bool> resume = new("--resume") { Description = "Continue from the weights in the folder." };
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
        var cache = Path.Combine(options.Directory, $"pictures-{options.Pictures}.bin");
        var training = await TrainingSet.ReadOrDrawAsync(cache, options.Pictures, seed: 1, cancellationToken);
        var validation = await TrainingSet.DrawAsync(ValidationPictures, ValidationSeed, cancellationToken);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{training.Length} training pictures, {training.Average(p => p.Image.Width * p.Image.Height / 1024.0):F0} image tokens on average"));
        new Trainer(options, model, training, validation, Console.Out).Run(cancellationToken);
        ModelExport.Save(model, options.Directory);
        return 0;

        long Count(bool isVision) => model.Weights.Names.Where(n => model.Weights.IsVision(n) == isVision).Sum(n => model.Weights[n].numel());

        int Prompt() => model.Tokenizer.EncodeChat(CaptionTask.All().First(t => t.Profile.Name == "default").Before).Count;
    }
}
